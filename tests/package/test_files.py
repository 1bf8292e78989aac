"""A file is either replaced as a whole, or stays as it was."""

from pathlib import Path

import pytest

from helpers import files


def test_text_and_bytes_replace_what_was_there(tmp_path):
    path = tmp_path / "a file, é.txt"
    for content in ("one\r\n", "zwei, drei: é\n", b"\x00\xff"):
        files.write(str(path), content)
        assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fails", ["write_bytes", "replace"])
def test_a_failure_is_one_sentence_and_keeps_the_older_file(tmp_path, monkeypatch, fails):
    path = tmp_path / "state.json"
    path.write_text("old", encoding="utf-8")

    def full(self, *arguments):
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, fails, full)
        with pytest.raises(OSError) as caught:
            files.write(path, "new")
    sentence = f"{path} was not written (No space left on device); the older file is kept."
    assert str(caught.value) == sentence
    assert path.read_text(encoding="utf-8") == "old" and list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_no_part(tmp_path, monkeypatch):
    def interrupted(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "state.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_keeps_its_kind_of_error(tmp_path):
    path = tmp_path / "nowhere" / "state.json"
    with pytest.raises(FileNotFoundError) as caught:
        files.write(path, "new")
    assert str(caught.value) == f"{path} was not written (No such file or directory)."
