//! The name of the operation that a request asks for, as AWS's API references name it.

use httparse::Header;

/// One operation of one service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// As AWS names it.
    pub service: String,
    /// As the API reference names it.
    pub name: String,
    /// For S3.
    pub bucket: Option<String>,
}

impl Operation {
    /// The operation of a request whose bucket, if any, is the first part of its path.
    pub(super) fn of(method: &str, target: &str, headers: &[Header<'_>]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if let Some(operation) = header(headers, "x-amz-target").and_then(json_service) {
            return operation;
        }
        // Lambda's API has its version in the path.
        if path.starts_with("/2016-08-19/") {
            let (service, name) = ("Lambda".to_owned(), "GetAccountSettings".to_owned());
            return Self { service, name, bucket: None };
        }
        // The one service of those that are used which speaks the query protocol; its operation is in the body.
        if method == "POST" && path == "/" && query.is_empty() {
            let (service, name) = ("SNS".to_owned(), "Publish".to_owned());
            return Self { service, name, bucket: None };
        }
        let (bucket, key) = path
            .trim_start_matches('/')
            .split_once('/')
            .unwrap_or((path.trim_start_matches('/'), ""));
        let is_copy = header(headers, "x-amz-copy-source").is_some();
        let name = parameter(query, "x-id")
            .map_or_else(|| s3(method, !key.is_empty(), query, is_copy), str::to_owned);
        Self { service: "S3".to_owned(), name, bucket: Some(bucket.to_owned()) }
    }
}

/// The value of a header, if it is text.
pub(super) fn header<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value).ok()
}

fn json_service(target: &str) -> Option<Operation> {
    let (service, name) = target.split_once('.')?;
    let service = match service {
        "AWSStepFunctions" => "Step Functions",
        "AmazonSQS" => "SQS",
        "secretsmanager" => "Secrets Manager",
        dynamodb if dynamodb.starts_with("DynamoDB_") => "DynamoDB",
        other => other,
    };
    Some(Operation { service: service.to_owned(), name: name.to_owned(), bucket: None })
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The SDK names most S3 operations in the query, `x-id=`; these are the others that the functions use.
fn s3(method: &str, has_key: bool, query: &str, is_copy: bool) -> String {
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let name = match (method, has_key) {
        ("HEAD", true) => "HeadObject",
        ("HEAD", false) => "HeadBucket",
        ("GET", false) if has("list-type") => "ListObjectsV2",
        ("GET", true) if has("uploadId") => "ListParts",
        ("GET", true) => "GetObject",
        ("PUT", true) if has("partNumber") && is_copy => "UploadPartCopy",
        ("PUT", true) if has("partNumber") => "UploadPart",
        ("PUT", true) if is_copy => "CopyObject",
        ("PUT", true) => "PutObject",
        ("POST", true) if has("uploads") => "CreateMultipartUpload",
        ("POST", true) if has("uploadId") => "CompleteMultipartUpload",
        ("DELETE", true) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", true) => "DeleteObject",
        (other, _) => return format!("{other} {}", if has_key { "object" } else { "bucket" }),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(method: &str, target: &str, headers: &[Header<'_>]) -> String {
        let Operation { service, name, bucket } = Operation::of(method, target, headers);
        format!("{service} {name} {}", bucket.unwrap_or_default())
    }

    #[test]
    fn json_services_name_their_operation_in_a_header() {
        let target = |value| [Header { name: "X-Amz-Target", value }];
        assert_eq!(named("POST", "/", &target(b"DynamoDB_20120810.PutItem")), "DynamoDB PutItem ");
        assert_eq!(named("POST", "/", &target(b"AmazonSQS.SendMessage")), "SQS SendMessage ");
        let success = target(b"AWSStepFunctions.SendTaskSuccess");
        assert_eq!(named("POST", "/", &success), "Step Functions SendTaskSuccess ");
    }

    #[test]
    fn s3_operations_are_told_by_query_method_and_headers() {
        assert_eq!(named("PUT", "/b/a%20b/c?x-id=CopyObject", &[]), "S3 CopyObject b");
        assert_eq!(named("HEAD", "/b/k?versionId=1", &[]), "S3 HeadObject b");
        assert_eq!(named("HEAD", "/b", &[]), "S3 HeadBucket b");
        assert_eq!(named("GET", "/b/?list-type=2&prefix=x-id", &[]), "S3 ListObjectsV2 b");
        assert_eq!(named("POST", "/b/k?uploads", &[]), "S3 CreateMultipartUpload b");
        assert_eq!(named("PUT", "/b/k?partNumber=1&uploadId=u", &[]), "S3 UploadPart b");
        let copy = [Header { name: "x-amz-copy-source", value: b"a/k" }];
        assert_eq!(named("PUT", "/b/k", &copy), "S3 CopyObject b");
        assert_eq!(named("PATCH", "/b/k", &[]), "S3 PATCH object b");
    }
}
