"""One module an estimator; each registers itself under the name a protocol uses."""
