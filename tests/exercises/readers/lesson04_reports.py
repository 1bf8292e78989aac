"""Answers to 04.3 as readers write them: wrong ones get their name, right ones pass."""

import math

import numpy as np
from reader_answers import refused, right, wrong

COUNTS = {1: 1000, 2: 200, 3: 250, 4: 1100}
BITS = {1: math.log2(4), 2: math.log2(512), 3: 6 * math.log(2) / math.log(2), 4: 1.5}


@wrong("04.3", "each_in_its_own_unit")
def bits_of_a_token(report):
    return BITS[report]


@wrong("04.3", "results_as_reported")
def column_of_results(report):
    return [4, 512, 6 * np.log(2), 1.5][report - 1]


@wrong("04.3", "perplexities_of_a_token")
def two_to_the_bits(report):
    return [4, 512, 64, 2**1.5][report - 1]


@wrong("04.3", "own_unit_with_nats")
def bits_and_nats_of_a_token(report):
    return {1: 2, 2: 9, 3: 6 * math.log(2), 4: 1.5}[report]


@wrong("04.3", "own_unit_in_nats_but_bytes")
def logarithms_of_a_token(report):
    return {1: np.log(4), 2: np.log(512), 3: np.log(64), 4: 1.5}[report]


@wrong("04.3", "divided_where_to_multiply_but_bytes")
def characters_of_a_token(report):
    return {1: 2, 2: 9 * 5, 3: 6 * 4, 4: 1.65}[report]


@wrong("04.3", "nats_but_for_bytes")
def nats_but_one(report):
    return {1: math.log(4), 2: math.log(512) / 5, 3: 6 * math.log(2) / 4, 4: 1.65}[report]


@wrong("04.3", "divided_where_to_multiply")
def fraction_upside_down(report):
    return BITS[report] * 1000 / COUNTS[report]


@wrong("04.3", "nats_throughout")
def np_log_for_all(report):
    nats = {1: np.log(4), 2: np.log(512), 3: 6 * np.log(2), 4: 1.5 * np.log(2)}
    return nats[report] * COUNTS[report] / 1000


@wrong("04.3", "natural_logarithm_of_perplexities")
def np_log_for_perplexities(report):
    bits = [np.log(4), np.log(512), 6, 1.5]
    return bits[report - 1] * COUNTS[report] / 1000


@wrong("04.3", "nats_taken_for_bits")
def six_log_two(report):
    bits = {**BITS, 3: 6 * math.log(2)}
    return COUNTS[report] * bits[report] / 1000


@wrong("04.3", "nats_turned_the_wrong_way")
def times_log_two(report):
    bits = {**BITS, 3: 6 * math.log(2) * math.log(2)}
    return COUNTS[report] / 1000 * bits[report]


@wrong("04.3", "logarithms_left_out")
def shares_of_perplexities(report):
    return {1: 4, 2: 512 / 5, 3: 1.5, 4: 1.65}[report]


@wrong("04.3", "perplexities_per_character")
def roots_of_perplexities(report):
    return [4, 512 ** (1 / 5), 64 ** (1 / 4), 2 ** (1.5 * 1.1)][report - 1]


@wrong("04.3", "bytes_taken_for_characters")
def a_byte_is_a_character(report):
    return [2, 1.8, 1.5, 1.5][report - 1]


@wrong("04.3", "bytes_shared_the_wrong_way")
def fewer_for_bytes(report):
    return [2, 1.8, 1.5, 1.5 / 1.1][report - 1]


@wrong("04.3", "bits_of_the_whole_text")
def totals(report):
    return {1: 2000, 2: 1800, 3: 1500, 4: 1650}[report]


@wrong("04.3", "nats_of_the_whole_text")
def totals_in_nats(report):
    tokens = COUNTS[report]
    return {1: tokens * math.log(4), 2: tokens * math.log(512)}.get(
        report, tokens * BITS[report] * math.log(2)
    )


@wrong("04.3", "places_in_the_ranking")
def ranking(report):
    return [3, 4, 2, 1].index(report) + 1


@wrong("04.3", "whole_table")
def table_returned(report):
    return [2, 1.8, 1.5, 1.65]


@refused("04.3", "wrong kind", "text")
def with_its_unit(report):
    return {1: "2 bits", 2: "1.8 bits", 3: "1.5 bits", 4: "1.65 bits"}[report]


@refused("04.3", "error", "KeyError")
def counted_from_zero(report):
    return {0: 2, 1: 1.8, 2: 1.5, 3: 1.65}[report]


@refused("04.3", "wrong", "got: 7.2")
def words_of_eight_hundred_characters(report):
    return BITS[report] * (800 if report == 2 else COUNTS[report]) / 1000


@right("04.3")
def four_numbers(report):
    return (2, 1.8, 1.5, 1.65)[report - 1]


@right("04.3")
def from_the_formula(report):
    perplexity = {1: 4, 2: 512, 3: math.exp(6 * math.log(2)), 4: 2**1.5}[report]
    nats = COUNTS[report] / 1000 * np.log(perplexity)
    return np.float32(nats / np.log(2))
