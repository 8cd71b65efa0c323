"""Teaches schemathesis the media type that it does not know: lines of JSON are sent as they are."""

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
