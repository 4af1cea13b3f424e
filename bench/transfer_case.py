"""1 GB to an S3 server on this machine and back, beside boto3 and pyarrow."""

import hashlib
import os
import statistics

import numpy as np

from measure import Mismatch, result
from servers import BUCKET, Versitygw

BYTES = 1_000_000_000


def s3_transfer(bench):
    """Upload of one object and its read back into a file, everybody by their own defaults."""
    file, size = bench.scratch / "file", max(20_000_000, int(BYTES * bench.scale))
    file.write_bytes(np.random.default_rng(42).bytes(size))
    expected = sha256(file)
    with Versitygw() as server:
        os.environ.update(server.environment, AWS_ENDPOINT_URL_S3=server.url, AWS_DEFAULT_REGION="us-east-1")
        sides = {"tidemill": lambda copy: bench.run(bench.transfer, f"s3://{BUCKET}/tidemill", file, copy),
                 "boto3": lambda copy: bench.peer("transfer.py", "boto3", BUCKET, "boto3", file, copy),
                 "pyarrow": lambda copy: bench.peer("transfer.py", "pyarrow", BUCKET, "pyarrow", file, copy)}
        ways = {name: {"upload": [], "read": []} for name in sides}

        def run(name):
            copy = bench.scratch / f"copy-{name}"
            copy.unlink(missing_ok=True)
            measured = sides[name](copy)
            if sha256(copy) != expected:
                raise Mismatch(f"{name}: what came back is not what was sent")
            for way, seconds in ways[name].items():
                seconds.append(measured.answer[way])
            return measured

        for name in sides:  # and once to warm the page cache
            run(name)
        for seconds in (one for way in ways.values() for one in way.values()):
            seconds.clear()
        medians = bench.interleaved({name: lambda name=name: run(name) for name in sides},
                                    lambda measured: measured.answer["seconds"])
    parts = {name: {way: round(statistics.median(seconds), 4) for way, seconds in both.items()}
             for name, both in ways.items()}
    note = "; ".join(f"{name}: upload {part['upload']:.2f} s, read {part['read']:.2f} s"
                     for name, part in parts.items())
    return result(medians, parts=parts, note=f"{size / 1e6:.0f} MB; {note}")


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
