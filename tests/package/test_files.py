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


def test_several_files_at_once(tmp_path):
    paths = [tmp_path / name for name in ("config.json", "model.bin")]
    paths[0].write_text("old", encoding="utf-8")
    files.write_all({paths[0]: "new\n", str(paths[1]): b"\x00"})
    assert [path.read_bytes() for path in paths] == [b"new\n", b"\x00"]
    assert sorted(tmp_path.iterdir()) == paths


def full_disk(path, *arguments):
    path.touch()
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("fails", ["write_bytes", "replace"])
def test_a_failure_is_one_sentence_and_keeps_the_older_file(tmp_path, monkeypatch, fails):
    path = tmp_path / "state.json"
    path.write_text("old", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(Path, fails, full_disk)
        with pytest.raises(OSError) as caught:
            files.write(path, "new")
    sentence = f"{path} was not written (No space left on device); the older file is kept."
    assert str(caught.value) == sentence
    assert path.read_text(encoding="utf-8") == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_when_the_last_of_several_fails_none_has_changed(tmp_path, monkeypatch, error):
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for path in paths:
        path.write_text("old", encoding="utf-8")
    write_bytes = Path.write_bytes

    def fail_at_c(path, content):
        write_bytes(path, content[:1])
        if path.name.startswith("c"):
            raise error

    monkeypatch.setattr(Path, "write_bytes", fail_at_c)
    with pytest.raises(type(error)) as caught:
        files.write_all(dict.fromkeys(paths, "new"))
    assert isinstance(error, KeyboardInterrupt) or str(caught.value).startswith(f"{paths[2]} was")
    assert [path.read_text(encoding="utf-8") for path in paths] == ["old"] * 3
    assert sorted(tmp_path.iterdir()) == paths


def test_a_missing_folder_keeps_its_kind_of_error(tmp_path):
    path = tmp_path / "nowhere" / "state.json"
    with pytest.raises(FileNotFoundError) as caught:
        files.write(path, "new")
    assert str(caught.value) == f"{path} was not written (No such file or directory)."


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"state\.json was not written"):
        files.write(tmp_path / "file" / "state.json", "new")
