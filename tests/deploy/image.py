"""The image: built once for all tests, unpacked without any container tool."""

import functools
import json
import os
import pathlib
import shutil
import tarfile
import unittest

import tools

WHERE = tools.TOOLS / "image"


@functools.cache
def revision():
    """The commit that the image is built of, whatever is committed later."""
    done = tools.run("git", "-C", tools.ROOT, "rev-parse", "HEAD", check=False)
    return done.stdout.strip() or "unknown"


@functools.cache
def built():
    """The OCI archive, made of the programs that are tested."""
    revision()
    if os.geteuid() != 0:
        raise unittest.SkipTest("building an image needs root")
    tools.needs("buildah", "deploy/install-deps --image installs it")
    tools.needs("debootstrap", "deploy/install-deps --image installs it")
    WHERE.mkdir(parents=True, exist_ok=True)
    archive = WHERE / "lawine.tar"
    tools.run(tools.ROOT / "deploy" / "image" / "build", "--binaries", tools.programs(), archive)
    return archive


class Image:
    """What is in an OCI archive: its configuration, and its files below `root`."""

    def __init__(self, archive, root):
        self.root = root
        self.layers_bytes = 0
        layout = root.with_name("layout")
        for folder in (layout, root):
            shutil.rmtree(folder, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extractall(layout, filter="data")
        self._layout = layout
        index = json.loads((layout / "index.json").read_text())
        manifest = self._blob(index["manifests"][0]["digest"])
        self.config = self._blob(manifest["config"]["digest"])
        for layer in manifest["layers"]:
            self.layers_bytes += layer["size"]
            self._unpack(self._path(layer["digest"]))

    def _path(self, digest):
        return self._layout / "blobs" / digest.replace(":", "/")

    def _blob(self, digest):
        return json.loads(self._path(digest).read_text())

    def _unpack(self, path):
        with tarfile.open(path) as tar:
            for member in tar:
                name = pathlib.PurePosixPath(member.name)
                if name.name == ".wh..wh..opq":
                    shutil.rmtree(self.root / name.parent)
                elif name.name.startswith(".wh."):
                    gone = self.root / name.with_name(name.name[4:])
                    shutil.rmtree(gone) if gone.is_dir() and not gone.is_symlink() else gone.unlink(
                        missing_ok=True
                    )
                elif not member.isdev():
                    tar.extract(member, self.root, filter="fully_trusted")

    def unpacked_bytes(self):
        return sum(p.lstat().st_size for p in self.root.rglob("*") if p.is_file() and not p.is_symlink())


@functools.cache
def unpacked():
    return Image(built(), WHERE / "root")
