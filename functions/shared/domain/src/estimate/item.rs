//! What is charged by the piece.

use serde::{Deserialize, Serialize};

/// A kind of unit with a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Item {
    /// A request to S3 that writes or lists.
    S3Write,
    /// A request to S3 that reads.
    S3Read,
    /// A request that costs nothing, as deleting does.
    Free,
    /// A write request unit of a table.
    LedgerWrite,
    /// A read request unit of a table.
    LedgerRead,
    /// A state transition.
    Transition,
    /// A request to a queue.
    QueueRequest,
    /// An invocation of a function.
    Invocation,
    /// A second of a gigabyte of a function's memory.
    GbSecond,
    /// A request for a secret.
    SecretRequest,
    /// A message to people.
    Notification,
    /// A gigabyte of log.
    LogGb,
}

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Service {
    /// Amazon S3.
    #[serde(rename = "S3")]
    S3,
    /// Amazon `DynamoDB`.
    #[serde(rename = "DynamoDB")]
    DynamoDb,
    /// AWS Step Functions.
    #[serde(rename = "Step Functions")]
    StepFunctions,
    /// Amazon SQS.
    #[serde(rename = "SQS")]
    Sqs,
    /// AWS Lambda.
    #[serde(rename = "Lambda")]
    Lambda,
    /// AWS Secrets Manager.
    #[serde(rename = "Secrets Manager")]
    SecretsManager,
    /// Amazon SNS.
    #[serde(rename = "SNS")]
    Sns,
    /// Amazon `CloudWatch` Logs.
    #[serde(rename = "CloudWatch Logs")]
    Logs,
}

impl Item {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::S3Write,
        Self::S3Read,
        Self::Free,
        Self::LedgerWrite,
        Self::LedgerRead,
        Self::Transition,
        Self::QueueRequest,
        Self::Invocation,
        Self::GbSecond,
        Self::SecretRequest,
        Self::Notification,
        Self::LogGb,
    ];

    /// What one is called.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::S3Write
            | Self::S3Read
            | Self::Free
            | Self::QueueRequest
            | Self::SecretRequest => "requests",
            Self::LedgerWrite => "write units",
            Self::LedgerRead => "read units",
            Self::Transition => "transitions",
            Self::Invocation => "invocations",
            Self::GbSecond => "GB-seconds",
            Self::Notification => "messages",
            Self::LogGb => "GB",
        }
    }
}

impl Service {
    /// All of them, the dearest of a backup first.
    pub const ALL: [Self; 8] = [
        Self::S3,
        Self::DynamoDb,
        Self::StepFunctions,
        Self::Sqs,
        Self::Lambda,
        Self::SecretsManager,
        Self::Sns,
        Self::Logs,
    ];

    /// As AWS calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::DynamoDb => "DynamoDB",
            Self::StepFunctions => "Step Functions",
            Self::Sqs => "SQS",
            Self::Lambda => "Lambda",
            Self::SecretsManager => "Secrets Manager",
            Self::Sns => "SNS",
            Self::Logs => "CloudWatch Logs",
        }
    }
}
