"""The parts of an Office package, to be changed one by one and written again with all others as they are."""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path

from ledger.reporting.xml_edit import Part, as_utf8, attribute, elements

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "[Content_Types].xml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MACROS = ("vbaproject.bin", "vbaprojectsignature.bin", "vbaprojectsignatureagile.bin", "vbaprojectsignaturev3.bin",
           "vbadata.xml")  # fmt: skip


class Parts:
    """The package in `path`, read when asked. Paths have no leading slash; their case does not count."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed: dict[str, bytes] = {}
        self._removed: set[str] = set()
        with zipfile.ZipFile(path) as package:
            self._names = {name.replace("\\", "/").casefold(): name for name in package.namelist()}

    def has(self, path: str) -> bool:
        """Whether there is such a part."""
        return path.casefold() in self._names

    def read(self, path: str) -> bytes:
        """The bytes of a part as they stand now; KeyError where it is missing."""
        name = self._names[path.casefold()]
        if name not in self._changed:
            with zipfile.ZipFile(self._path) as package:
                return as_utf8(package.read(name))
        return self._changed[name]

    def write(self, path: str, data: bytes) -> None:
        """Give a part new bytes, or add one."""
        self._changed[self._names.setdefault(path.casefold(), path)] = data

    def free_name(self, pattern: str) -> str:
        """The first name after `pattern` (`xl/comments{}.xml`) that no part has."""
        return next(name for n in range(1, 100_000) if not self.has(name := pattern.format(n)))

    def save(self, out: Path) -> None:
        """Write the package: parts in their order, unchanged ones byte for byte, new ones at the end."""
        with zipfile.ZipFile(self._path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for entry in old.infolist():
                if entry.filename not in self._removed:
                    data = self._changed.get(entry.filename)
                    new.writestr(entry, old.read(entry) if data is None else data, entry.compress_type)
            for name in self._changed.keys() - set(old.namelist()):
                new.writestr(name, self._changed[name])

    # --- relations -----------------------------------------------------------------------------------------------

    def relations(self, path: str) -> dict[str, tuple[str, str]]:
        """Id -> (type, path) of the relations of a part ("" is the package) that lead to other parts."""
        rels = _relations_of(path)
        found = {}
        for element in elements(self.read(rels)) if self.has(rels) else []:
            if element.local == "Relationship" and element.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + posixpath.dirname(path), element.get("Target") or ""))
                found[element.get("Id") or ""] = (element.get("Type") or "", target.lstrip("/"))
        return found

    def related(self, path: str, kind: str) -> str | None:
        """The part to which a part has a relation of that kind (last word of the type)."""
        found = (target for what, target in self.relations(path).values() if what.rpartition("/")[2] == kind)
        return next(found, None)

    def relate(self, path: str, kind: str, target: str) -> str:
        """Add a relation of full type `kind` to a part; returns its id."""
        rels = _relations_of(path)
        if not self.has(rels):
            self.write(rels, f'{_XML}<Relationships xmlns="{_RELATIONS}"></Relationships>'.encode())
        part = Part(self.read(rels))
        found = elements(part.data)
        taken = {element.get("Id") for element in found}
        new = next(name for n in range(1, 100_000) if (name := f"rId{n}") not in taken)
        tag = f'<{found[0].prefix}Relationship Id="{new}" Type={attribute(kind)} Target={attribute("/" + target)}/>'
        part.append(found[0], tag)
        self.write(rels, part.result())
        return new

    # --- content types -------------------------------------------------------------------------------------------

    def declare(self, path: str, content_type: str) -> None:
        """Say what a new part is. For `.vml` the ending says it."""
        part = Part(self.read(_TYPES))
        root, *entries = elements(part.data)
        extension = posixpath.splitext(path)[1].lstrip(".")
        if extension == "vml":
            if not any((entry.get("Extension") or "").lower() == extension for entry in entries):
                tag = f'<{root.prefix}Default Extension="vml" ContentType={attribute(content_type)}/>'
                part.insert(root.inner, tag)
        else:
            tag = f"<{root.prefix}Override PartName={attribute('/' + path)} ContentType={attribute(content_type)}/>"
            part.append(root, tag)
        self.write(_TYPES, part.result())

    def drop_macros(self) -> None:
        """Make a workbook with macros one without: a program refuses a .xlsx that carries them."""
        self._removed |= {name for key, name in self._names.items() if posixpath.basename(key) in _MACROS}
        part = Part(self.read(_TYPES))
        for entry in elements(part.data):
            name, kind = (entry.get("PartName") or "").casefold(), entry.get("ContentType") or ""
            if posixpath.basename(name) in _MACROS:
                part.replace(entry.start, entry.end, b"")
            elif "macroEnabled.main+xml" in kind:
                plain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
                part.set(entry, {"ContentType": plain})
        self.write(_TYPES, part.result())
        for key in [key for key in self._names if key.endswith(".rels")]:
            part = Part(self.read(key))
            for entry in elements(part.data):
                if posixpath.basename((entry.get("Target") or "").casefold()) in _MACROS:
                    part.replace(entry.start, entry.end, b"")
            self.write(key, part.result())
        self._removed |= {name for key, name in self._names.items() if key.endswith("vbaproject.bin.rels")}


def _relations_of(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.join(folder, "_rels", f"{name}.rels")
