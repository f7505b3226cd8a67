"""Files as delivered: which are there now, and which an act has read."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter

from reliance_eval.artefact import read_record
from reliance_eval.extract import DeliveryRecord
from reliance_eval.extract.locating import locate
from reliance_eval.extract.recorded import digest_of
from reliance_eval.protocol import Protocol


def delivered(protocol: Protocol, extract: str) -> list[tuple[str, str, str]]:
    """Give path, SHA-256 and day of extraction of each file an extract's deliveries name."""
    files, _ = locate(extract, protocol)
    return [
        (file.name, digest_of(file.path), file.extracted_on.isoformat())
        for file in files
        if file.path.is_file()
    ]


def recorded(out: Path, act: str) -> tuple[DeliveryRecord, ...]:
    """Give the deliveries an act has read."""
    fields = read_record(out / act)["fields"]
    records = TypeAdapter(tuple[DeliveryRecord, ...])
    return records.validate_json(json.dumps(fields["deliveries"]))
