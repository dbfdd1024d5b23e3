//! SDK errors in words for people: what the service said, not how the SDK holds it in memory.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// The service's code and message, or, when no service answered, the chain of causes. Headers and bodies stay out: logs
/// and the causes of failed executions are read by people.
pub(crate) fn describe<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
    R: Debug,
{
    if let Some(service) = error.as_service_error() {
        let code = service.code().unwrap_or("an error without a code");
        return match service.message() {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        };
    }
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::operation::send_message::SendMessageError;
    use aws_sdk_sqs::types::error::QueueDoesNotExist;

    use super::*;

    #[test]
    fn a_service_error_is_its_code_and_message() {
        let meta = aws_sdk_sqs::error::ErrorMetadata::builder()
            .code("QueueDoesNotExist")
            .message("no such queue")
            .build();
        let missing = QueueDoesNotExist::builder().message("no such queue").meta(meta).build();
        let error = SdkError::service_error(SendMessageError::QueueDoesNotExist(missing), "raw");
        assert_eq!(describe(&error), "QueueDoesNotExist: no such queue");
    }

    #[test]
    fn without_an_answer_the_causes_are_told() {
        let error: SdkError<SendMessageError, &str> =
            SdkError::timeout_error(std::io::Error::other("nobody answered"));
        assert_eq!(describe(&error), "request has timed out: nobody answered");
    }
}
