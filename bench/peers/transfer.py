"""A file to S3 and back with boto3 or pyarrow, each as its own documentation does it.

  transfer.py boto3|pyarrow BUCKET KEY FILE COPY

The server and the keys come from the AWS_* variables. Prints the seconds of both ways as JSON.
"""

import json
import os
import sys
import time


def with_boto3(bucket, key):
    import boto3

    client = boto3.client("s3")
    return (lambda path: client.upload_file(path, bucket, key),
            lambda path: client.download_file(bucket, key, path))


def with_pyarrow(bucket, key):
    from pyarrow import fs

    # Arrow's S3 takes no endpoint with a scheme.
    scheme, _, host = os.environ["AWS_ENDPOINT_URL_S3"].partition("://")
    remote = fs.S3FileSystem(scheme=scheme, endpoint_override=host, region=os.environ["AWS_REGION"],
                             allow_bucket_creation=False)
    local, chunk = fs.LocalFileSystem(), 16 << 20

    def copy(source, source_path, target, target_path):
        fs.copy_files(source_path, target_path, source_filesystem=source, destination_filesystem=target,
                      chunk_size=chunk)

    return (lambda path: copy(local, path, remote, f"{bucket}/{key}"),
            lambda path: copy(remote, f"{bucket}/{key}", local, path))


def main(name, bucket, key, file, copy):
    send, receive = {"boto3": with_boto3, "pyarrow": with_pyarrow}[name](bucket, key)
    start = time.perf_counter()
    send(file)
    middle = time.perf_counter()
    receive(copy)
    end = time.perf_counter()
    print(json.dumps({"upload": middle - start, "read": end - middle, "seconds": end - start}))


if __name__ == "__main__":
    main(*sys.argv[1:])
