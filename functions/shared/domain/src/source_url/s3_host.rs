//! The host names S3 answers to.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/s3.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>. Every form is anchored at the
//! end of the host, so `s3.amazonaws.com.example.net` is nobody's bucket.

/// Domains of the S3 endpoints, and the ARN partition of each. Longest first.
const DOMAINS: [(&str, &str); 2] = [(".amazonaws.com.cn", "aws-cn"), (".amazonaws.com", "aws")];
/// Digits of an AWS account id.
const ACCOUNT_ID_LENGTH: usize = 12;

/// An S3 endpoint, as its host name describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct S3Host {
    pub(super) form: HostForm,
    /// The region, when the host names it.
    pub(super) region: Option<String>,
    /// `amazonaws.com` or `amazonaws.com.cn`.
    pub(super) domain: &'static str,
}

/// Where the bucket stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostForm {
    /// In the host.
    VirtualHosted { bucket: String },
    /// In the first path segment.
    PathStyle,
    /// In the host of a website endpoint, which has no TLS.
    Website { bucket: String },
    /// Behind an access point.
    AccessPoint { arn: String },
}

/// What the labels between bucket and domain say.
enum Service {
    Bucket,
    /// Transfer acceleration has no path style.
    BucketInHostOnly,
    Website,
    AccessPoint,
}

/// Reads a lower-case host name. `None` when it is not an S3 endpoint for objects.
pub(super) fn recognise(host: &str) -> Option<S3Host> {
    let (labels, (suffix, partition)) =
        DOMAINS.iter().find_map(|domain| Some((host.strip_suffix(domain.0)?, *domain)))?;
    let domain = suffix.trim_start_matches('.');
    let labels: Vec<&str> = labels.split('.').collect();
    let (service, region, used) = read_endpoint(&labels)?;
    let bucket = labels.get(..labels.len() - used)?.join(".");
    let form = match (service, bucket.is_empty()) {
        (Service::Bucket, true) => HostForm::PathStyle,
        (Service::Bucket | Service::BucketInHostOnly, false) => HostForm::VirtualHosted { bucket },
        (Service::Website, false) => HostForm::Website { bucket },
        (Service::AccessPoint, false) => {
            let arn = access_point_arn(&bucket, partition, region?)?;
            HostForm::AccessPoint { arn }
        }
        (Service::BucketInHostOnly | Service::Website | Service::AccessPoint, true) => return None,
    };
    Some(S3Host { form, region: region.map(str::to_owned), domain })
}

/// Whether AWS answers for this host with TLS, so that `http` can be fetched by `https`.
pub(super) fn is_aws_host(host: &str) -> bool {
    [".amazonaws.com", ".amazonaws.com.cn", ".cloudfront.net"].iter().any(|d| host.ends_with(d))
}

/// Reads the endpoint from the right: its service, region, and number of labels.
fn read_endpoint<'a>(labels: &[&'a str]) -> Option<(Service, Option<&'a str>, usize)> {
    let from_right = |distance: usize| {
        labels.len().checked_sub(distance + 1).and_then(|index| labels.get(index)).copied()
    };
    let last = from_right(0)?;
    if is_region(last) {
        let is_dual = from_right(1) == Some("dualstack");
        let service = match (from_right(if is_dual { 2 } else { 1 })?, is_dual) {
            ("s3" | "s3-fips", _) => Service::Bucket,
            ("s3-accesspoint" | "s3-accesspoint-fips", _) => Service::AccessPoint,
            ("s3-website", false) => Service::Website,
            _ => return None,
        };
        return Some((service, Some(last), if is_dual { 3 } else { 2 }));
    }
    if last == "dualstack" && from_right(1) == Some("s3-accelerate") {
        return Some((Service::BucketInHostOnly, None, 2));
    }
    match last {
        "s3" => Some((Service::Bucket, None, 1)),
        // A second name of us-east-1.
        "s3-external-1" => Some((Service::Bucket, Some("us-east-1"), 1)),
        "s3-accelerate" => Some((Service::BucketInHostOnly, None, 1)),
        _ => {
            let dashed = |prefix: &str| last.strip_prefix(prefix).filter(|tail| is_region(tail));
            if let Some(region) = dashed("s3-website-") {
                return Some((Service::Website, Some(region), 1));
            }
            let region = dashed("s3-fips-").or_else(|| dashed("s3-"))?;
            Some((Service::Bucket, Some(region), 1))
        }
    }
}

/// The shape of a region name, e.g. `us-west-2` or `us-gov-east-1`. New regions appear, so no list is kept.
fn is_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |word: &&str| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase());
    is_number && words.len() >= 2 && words.iter().all(is_word)
}

/// `name-123456789012` names the access point `name` of that account.
fn access_point_arn(label: &str, partition: &str, region: &str) -> Option<String> {
    let (name, account) = label.rsplit_once('-')?;
    let is_account =
        account.len() == ACCOUNT_ID_LENGTH && account.bytes().all(|byte| byte.is_ascii_digit());
    let partition = if region.starts_with("us-gov-") { "aws-us-gov" } else { partition };
    (is_account && !name.is_empty() && !name.contains('.'))
        .then(|| format!("arn:{partition}:s3:{region}:{account}:accesspoint/{name}"))
}
