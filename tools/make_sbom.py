"""The bill of materials of an environment: every installed distribution, as CycloneDX 1.6 in JSON, on stdout.

    .venv/bin/python tools/make_sbom.py > sbom.json

Read from the environment itself, not from a list of wishes; the hashes are those of the files that the lock admits for
that version, on any platform. Two runs over one environment differ in nothing: there is no time in it (SOURCE_DATE_EPOCH
sets one), and its serial number follows from its content.
"""

from __future__ import annotations

import os
import re
import sys
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import cast

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
OWN = "eu-funding-ledger"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One pinned release: the requirement as written (with its marker) and the SHA-256 of each of its files."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def version(self) -> str:
        """The one version that is admitted."""
        (only,) = self.requirement.specifier
        assert only.operator == "=="
        return only.version


def read_lock(file: Path) -> list[Pin]:
    """The pins of a lock. A line that is no pin is a broken lock, and raises."""
    text = re.sub(r"^#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    pins = []
    for line in text.splitlines():
        requirement, _, hashes = line.partition("--hash=")
        pins.append(Pin(Requirement(requirement.strip()), tuple(_HASH.findall("--hash=" + hashes))))
    return pins


def known_hashes(folder: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """Hashes by name and version, from the locks in that folder."""
    pins = [pin for file in sorted(folder.glob("*.txt")) for pin in read_lock(file)]
    return {(canonicalize_name(pin.requirement.name), pin.version): pin.hashes for pin in pins}


def licences(distribution: Distribution) -> list[License]:
    """What the distribution declares: an SPDX expression, else the names of its classifiers, else its older free text."""
    told = distribution.metadata
    for expression in told.get_all("License-Expression") or []:
        return [LicenseExpression(expression)]
    classifiers = told.get_all("Classifier") or []
    names = {text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License ::")}
    # The free text is anything from a name to the whole licence.
    names = names or {text.strip().partition("\n")[0] for text in told.get_all("License") or []} - {""}
    return [DisjunctiveLicense(name=name) for name in sorted(names)]


def component(distribution: Distribution, hashes: Mapping[tuple[str, str], tuple[str, ...]]) -> Component:
    """One distribution; without hashes, a property says so instead of leaving a silent gap."""
    name, version = canonicalize_name(distribution.name), distribution.version
    admitted = hashes.get((name, version), ())
    return Component(
        type=ComponentType.APPLICATION if name == OWN else ComponentType.LIBRARY,
        name=name,
        version=version,
        bom_ref=f"{name}=={version}",
        purl=PackageURL("pypi", name=name, version=version),
        licenses=licences(distribution),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in admitted],
        properties=[] if admitted or name == OWN else [Property(name="euledger:hash", value="not in the lock")],
    )


def bill(installed: Iterable[Distribution], hashes: Mapping[tuple[str, str], tuple[str, ...]]) -> Bom:
    """The bill of these distributions, with who needs whom. A distribution found twice on the path is listed once."""
    by_name: dict[str, Distribution] = {}
    for distribution in installed:
        by_name.setdefault(canonicalize_name(distribution.name), distribution)
    parts = {name: component(by_name[name], hashes) for name in sorted(by_name)}
    bom = Bom()
    if OWN in parts:
        bom.metadata.component = parts[OWN]
    bom.components.update(part for name, part in parts.items() if name != OWN)
    environment = {**{key: str(value) for key, value in default_environment().items()}, "extra": ""}
    for name, distribution in by_name.items():
        asked = [Requirement(text) for text in distribution.requires or []]
        needed = {canonicalize_name(r.name) for r in asked if r.marker is None or r.marker.evaluate(environment)}
        bom.register_dependency(parts[name], [parts[other] for other in sorted(needed & set(parts))])
    listed = "\n".join(f"{part.bom_ref} {[h.content for h in part.hashes]}" for _, part in sorted(parts.items()))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, listed)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    # The library takes None as the standard does, though its annotation says otherwise.
    bom.metadata.timestamp = datetime.fromtimestamp(int(epoch), UTC) if epoch else cast("datetime", None)
    return bom


def main() -> int:
    """Writes the bill of the environment that runs this script."""
    bom = bill(distributions(), known_hashes(ROOT / "locks"))
    print(JsonV1Dot6(bom).output_as_string(indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
