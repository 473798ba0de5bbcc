"""Writes an object of S3 to a file.

    python download.py <endpoint> <region> <bucket> <key> <file>
"""

import sys

import boto3

endpoint, region, bucket, key, file = sys.argv[1:]
boto3.client("s3", region_name=region, endpoint_url=endpoint).download_file(bucket, key, file)
