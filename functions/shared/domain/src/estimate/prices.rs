//! What AWS charges, in US dollars: on-demand list prices of us-east-1 as published in 2026, without free tiers and without
//! discounts for volume. Everything that tells a cost takes it from here.

/// PUT, COPY, POST and LIST requests to S3 Standard, each
/// (<https://aws.amazon.com/s3/pricing/>).
pub const S3_WRITE_USD: f64 = 5.0e-6;
/// GET and HEAD requests to S3 Standard, each
/// (<https://aws.amazon.com/s3/pricing/>).
pub const S3_READ_USD: f64 = 0.4e-6;
/// A `DynamoDB` write of up to 1 KB
/// (<https://aws.amazon.com/dynamodb/pricing/on-demand/>).
pub const LEDGER_WRITE_USD: f64 = 0.625e-6;
/// A consistent `DynamoDB` read of up to 4 KB
/// (<https://aws.amazon.com/dynamodb/pricing/on-demand/>).
pub const LEDGER_READ_USD: f64 = 0.125e-6;
/// A state transition of a standard workflow
/// (<https://aws.amazon.com/step-functions/pricing/>).
pub const TRANSITION_USD: f64 = 25.0e-6;
/// An SQS request of up to 64 KB, standard queue
/// (<https://aws.amazon.com/sqs/pricing/>).
pub const QUEUE_REQUEST_USD: f64 = 0.4e-6;
/// A Lambda invocation
/// (<https://aws.amazon.com/lambda/pricing/>).
pub const INVOCATION_USD: f64 = 0.2e-6;
/// A second of a gigabyte of Lambda memory on arm64, which the template takes unless told otherwise
/// (<https://aws.amazon.com/lambda/pricing/>).
pub const LAMBDA_GB_SECOND_USD: f64 = 13.333_4e-6;
/// A gigabyte (2^30 bytes) in S3 Standard for a month, of the first 50 TB
/// (<https://aws.amazon.com/s3/pricing/>).
pub const S3_STORAGE_GB_MONTH_USD: f64 = 0.023;
