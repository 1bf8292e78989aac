"""Exercise 04.3: four reports on one text. What is right, and the known mistakes."""

import math

from helpers.exercises.engine import Exercise


def bits_per_character(report):
    return {1: 2.0, 2: 9 * 200 / 1000, 3: 6 * 250 / 1000, 4: 1.5 * 1100 / 1000}[report]


def each_in_its_own_unit(report):
    """Your four numbers are in bits, but each is per token of its own model: per word, per piece,
    per byte. All bits together are the same whatever they are divided by: multiply by the number of
    tokens, and divide by the 1,000 characters."""
    return {1: 2.0, 2: 9.0, 3: 6.0, 4: 1.5}[report]


def results_as_reported(report):
    """Your function returns the results as they were reported. They are in four units. Turn each
    into bits per token first, then share these bits among the characters."""
    return {1: 4.0, 2: 512.0, 3: 6 * math.log(2), 4: 1.5}[report]


def perplexities_of_a_token(report):
    """Your four numbers are perplexities, each per token of its own model. They cannot be compared,
    because the tokens differ: take the logarithm to base 2, multiply by the number of tokens, and
    divide by the 1,000 characters."""
    return 2 ** each_in_its_own_unit(report)


def own_unit_with_nats(report):
    """Your numbers are per token of each model, and that of report 3 is in nats: 6 log 2 nats are 6
    bits. Then multiply by the number of tokens, and divide by the 1,000 characters."""
    return 6 * math.log(2) if report == 3 else each_in_its_own_unit(report)


def own_unit_in_nats_but_bytes(report):
    """Your numbers are per token of each model, and the first three are in nats. Divide those by
    log 2. Then multiply each by the number of tokens, and divide by the 1,000 characters."""
    return each_in_its_own_unit(report) * (1 if report == 4 else math.log(2))


def divided_where_to_multiply(report):
    """Your function multiplies by N/M instead of M/N: it gives a word fewer bits than one of its
    letters. The bits of a word are shared by its characters, so the number becomes smaller."""
    return {1: 2.0, 2: 9 * 1000 / 200, 3: 6 * 1000 / 250, 4: 1.5 * 1000 / 1100}[report]


def divided_where_to_multiply_but_bytes(report):
    """Your reports 1 and 4 are right. In 2 and 3 you multiplied by the characters of a token: that
    gives one character more bits than its whole word. The bits of a word are shared by its
    characters."""
    return bits_per_character(4) if report == 4 else divided_where_to_multiply(report)


def nats_throughout(report):
    """Your four numbers are right, but they are nats per character. Divide by log 2 for bits: the
    logarithm of a perplexity to base 2 is a whole number here."""
    return bits_per_character(report) * math.log(2)


def nats_but_for_bytes(report):
    """Only report 4 is right. Your other three numbers are nats per character: divide by log 2 for
    bits."""
    return bits_per_character(4) if report == 4 else nats_throughout(report)


def natural_logarithm_of_perplexities(report):
    """Your reports 3 and 4 are right. In 1 and 2 you took the natural logarithm of the perplexity,
    which gives nats. To base 2, the logarithms of 4 and 512 are 2 and 9 bits."""
    return nats_throughout(report) if report <= 2 else bits_per_character(report)


def nats_taken_for_bits(report):
    """Only report 3 is wrong: its result is in nats. 6 log 2 nats are 6 bits, since a bit is log 2
    nats."""
    return bits_per_character(report) * (math.log(2) if report == 3 else 1)


def nats_turned_the_wrong_way(report):
    """Only report 3 is wrong: you multiplied by log 2 once more. From nats to bits you divide: 6
    log 2 nats are 6 bits."""
    return bits_per_character(report) * (math.log(2) ** 2 if report == 3 else 1)


def logarithms_left_out(report):
    """Your reports 3 and 4 are right, but in 1 and 2 you shared out the perplexity itself. What
    adds up over a text, and can be shared, is its logarithm: 2 bits for 4, and 9 bits for 512."""
    return {1: 4.0, 2: 512 * 200 / 1000}.get(report) or bits_per_character(report)


def perplexities_per_character(report):
    """Your four numbers are perplexities per character, and comparing them is fair too. Asked for
    are bits: leave out the last step, the power of 2."""
    return 2 ** bits_per_character(report)


def bytes_taken_for_characters(report):
    """Only report 4 is wrong: 1.5 bits are paid for each of the 1,100 bytes, and they are shared by
    1,000 characters. Some characters are made of two bytes."""
    return 1.5 if report == 4 else bits_per_character(report)


def bytes_shared_the_wrong_way(report):
    """Only report 4 is wrong: you divided by 1,100 and multiplied by 1,000. There are more bytes
    than characters, so a character costs more bits than a byte."""
    return 1.5 * 1000 / 1100 if report == 4 else bits_per_character(report)


def bits_of_the_whole_text(report):
    """Your four numbers are the bits of the whole text. One step is left: divide by its 1,000
    characters."""
    return 1000 * bits_per_character(report)


def nats_of_the_whole_text(report):
    """Your four numbers are the nats of the whole text. Divide by log 2 for bits, and by the 1,000
    characters."""
    return 1000 * nats_throughout(report)


def places_in_the_ranking(report):
    """Your ranking is right. Asked for are the numbers behind it: bits per character."""
    return {1: 4, 2: 3, 3: 1, 4: 2}[report]


def whole_table(report):
    """Your table is right, but your function returns all of it. `report` says which number is asked
    for: return table[report], or table[report - 1] if your table is a list."""
    return tuple(bits_per_character(k) for k in range(1, 5))


def four_reports_cases(rng):
    yield from ((report,) for report in (1, 2, 3, 4))


EXERCISE = Exercise(
    id="04.3",
    title="Four reports, one text",
    cases=four_reports_cases,
    answer=bits_per_character,
    hints=(
        "How many bits does each model need for the whole text?",
        "First get from each result to bits per token: 512 is a power of 2, and a bit is log 2 "
        "nats. Then ask how many tokens there are, and how many characters share their bits.",
        "Bits per token times tokens, divided by 1,000. For report 2 that is 9 bits for each of "
        "200 words. The others go the same way: a character has 2 bits, a piece 6, a byte 1.5.",
    ),
    misconceptions=(
        each_in_its_own_unit,
        results_as_reported,
        perplexities_of_a_token,
        own_unit_with_nats,
        own_unit_in_nats_but_bytes,
        divided_where_to_multiply,
        divided_where_to_multiply_but_bytes,
        nats_throughout,
        nats_but_for_bytes,
        natural_logarithm_of_perplexities,
        nats_taken_for_bits,
        nats_turned_the_wrong_way,
        logarithms_left_out,
        perplexities_per_character,
        bytes_taken_for_characters,
        bytes_shared_the_wrong_way,
        bits_of_the_whole_text,
        nats_of_the_whole_text,
        places_in_the_ranking,
        whole_table,
    ),
    secret=True,
)
