//! What new URLs start with: a template of the stack, or the destination bucket's own address.

use std::net::IpAddr;

use super::variables::NEW_URL_BASE;
use crate::problem::Problem;
use crate::source_url::redacted;

/// Where the object's key stands: at the end, or nowhere, which is the same.
const KEY: &str = "{key}";
const EXAMPLES: &str = "give an https address such as https://files.example.com/ or https://files.example.com/{bucket}/{key}";

/// The start of every new URL, ending in a slash.
///
/// * `template`: as configured; `None` for the bucket's own address.
pub(super) fn resolve(
    template: Option<&str>,
    bucket: &str,
    region: &str,
) -> Result<String, Problem> {
    let Some(template) = template else { return Ok(own_address(bucket, region)) };
    let base = template.strip_suffix(KEY).unwrap_or(template);
    if base.len() < template.len() && !base.ends_with('/') {
        let message = format!("{:?} does not have a slash before {KEY}", redacted(template));
        return Err(problem(message, "keys are whole paths; write /{key}"));
    }
    if base.contains(KEY) {
        let message = format!("{:?} goes on after {KEY}", redacted(template));
        return Err(problem(message, "end the address with {key}, or leave {key} out"));
    }
    let base = base.replace("{bucket}", bucket).replace("{region}", region);
    if base.contains(['{', '}']) {
        let message = format!("{:?} has a placeholder that is not known", redacted(template));
        return Err(problem(message, "known are {bucket}, {region} and, at the end, {key}"));
    }
    check(&base, bucket)?;
    Ok(if base.ends_with('/') { base } else { base + "/" })
}

/// The bucket's own address. A bucket name with dots has no certificate in front of S3's host name, so the bucket stands in the
/// path (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>).
fn own_address(bucket: &str, region: &str) -> String {
    // <https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html>
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    if bucket.contains('.') {
        format!("https://s3.{region}.{domain}/{bucket}/")
    } else {
        format!("https://{bucket}.s3.{region}.{domain}/")
    }
}

fn check(base: &str, bucket: &str) -> Result<(), Problem> {
    let told = redacted(base);
    let unusable = |what: &str| problem(format!("{told:?} {what}"), EXAMPLES);
    let (scheme, rest) = base.split_once("://").ok_or_else(|| unusable("has no scheme"))?;
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.is_empty() {
        return Err(unusable("has no host"));
    }
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['?', '#', '@', '\\']) {
        return Err(unusable("has blanks, credentials, a query, or letters outside ASCII"));
    }
    let (host, port) = host_and_port(authority);
    if host.is_empty()
        || port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0))
    {
        return Err(unusable("has no host, or a port that is not one"));
    }
    match scheme {
        "https" if bucket.contains('.') && is_dotted_bucket_host(host, bucket) => Err(problem(
            format!("{told:?} has no valid certificate, because the bucket's name has dots"),
            "put the bucket into the path, as https://s3.{region}.amazonaws.com/{bucket}/, or leave the parameter empty",
        )),
        "https" => Ok(()),
        "http" if is_loopback(host) && port.is_some() => Ok(()),
        "http" => Err(problem(
            format!("{told:?} is not encrypted"),
            "use https; http is taken with a loopback address and a port only, such as http://127.0.0.1:9000/",
        )),
        _ => Err(unusable("is not an https address")),
    }
}

fn problem(message: String, hint: &str) -> Problem {
    Problem::new(NEW_URL_BASE, message, hint)
}

/// Host, without the brackets of an IPv6 address, and port.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'))
    {
        return (address, rest.strip_prefix(':'));
    }
    match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_dotted_bucket_host(host: &str, bucket: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    aws && host.strip_prefix(bucket).is_some_and(|rest| rest.starts_with(".s3"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, "files", "https://files.s3.eu-west-1.amazonaws.com/")]
    #[case(None, "files.example.com", "https://s3.eu-west-1.amazonaws.com/files.example.com/")]
    #[case(Some("https://cdn.example.com"), "files", "https://cdn.example.com/")]
    #[case(Some("https://cdn.example.com/{key}"), "files", "https://cdn.example.com/")]
    #[case(
        Some("https://cdn.example.com:8443/a/{key}"),
        "files",
        "https://cdn.example.com:8443/a/"
    )]
    #[case(
        Some("https://{bucket}.s3.{region}.amazonaws.com/"),
        "files",
        "https://files.s3.eu-west-1.amazonaws.com/"
    )]
    #[case(
        Some("https://s3.{region}.amazonaws.com/{bucket}/{key}"),
        "a.b",
        "https://s3.eu-west-1.amazonaws.com/a.b/"
    )]
    #[case(Some("http://127.0.0.1:9000/{bucket}"), "files", "http://127.0.0.1:9000/files/")]
    #[case(Some("http://localhost:9000/"), "files", "http://localhost:9000/")]
    #[case(Some("http://[::1]:9000/"), "files", "http://[::1]:9000/")]
    fn a_template_is_resolved(
        #[case] template: Option<&str>,
        #[case] bucket: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(resolve(template, bucket, "eu-west-1"), Ok(expected.to_owned()));
    }

    #[test]
    fn regions_in_china_have_a_domain_of_their_own() {
        let base = resolve(None, "files", "cn-north-1");
        assert_eq!(base, Ok("https://files.s3.cn-north-1.amazonaws.com.cn/".to_owned()));
    }

    #[rstest]
    #[case("https://x.example/{key}/more", "goes on after")]
    #[case("https://x.example/{key}/{key}", "goes on after")]
    #[case("https://x.example/file-{key}", "slash before")]
    #[case("https://x.example/{prefix}/", "placeholder")]
    #[case("https://x.example/{bucket", "placeholder")]
    #[case("files.example.com", "no scheme")]
    #[case("https:///a", "no host")]
    #[case("https://:443/", "no host")]
    #[case("https://x.example:port/", "port")]
    #[case("https://x.example:0/", "port")]
    #[case("https://x.example/?key=", "query")]
    #[case("https://x.example/#", "query")]
    #[case("https://user@x.example/", "credentials")]
    #[case("https://x.example/a b/", "blanks")]
    #[case("ftp://x.example/", "not an https address")]
    #[case("http://x.example:80/", "not encrypted")]
    #[case("http://127.0.0.1/", "not encrypted")]
    #[case("http://127.0.0.1.example.com:80/", "not encrypted")]
    #[case("https://{bucket}.s3.{region}.amazonaws.com/", "certificate")]
    fn what_is_wrong_is_told(#[case] template: &str, #[case] told: &str) {
        let problem = resolve(Some(template), "with.dots", "eu-west-1").unwrap_err();
        assert!(problem.message.contains(told), "{problem}");
        assert_eq!(problem.place, NEW_URL_BASE);
    }
}
