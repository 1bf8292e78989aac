"""The data sets of the course: a shipped subset by default, the full set on request.

Sources, licences and checksums of the shipped files are in data/README.md.
"""

from helpers.data.course_files import DATA, ShippedFileError, record, restore, shipped
from helpers.data.downloads import DownloadError, fetch
from helpers.data.images import Digits, mnist, stratified_split
from helpers.data.texts import Text, kjv, shakespeare, split, text

__all__ = [
    "DATA",
    "Digits",
    "DownloadError",
    "ShippedFileError",
    "Text",
    "fetch",
    "kjv",
    "mnist",
    "record",
    "restore",
    "shakespeare",
    "shipped",
    "split",
    "stratified_split",
    "text",
]
