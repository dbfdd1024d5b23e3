//! Loopback addresses in a configuration: taken where this machine plays AWS, and refused on AWS, where the only thing on loopback
//! is the Lambda runtime.

use super::variables::{AWS_ENDPOINT_URL, NEW_URL_BASE, SOURCE_HOSTS};
use crate::allow_list::{AllowList, is_local_endpoint};
use crate::problem::Problem;

const HINT: &str =
    "leave it out; loopback is for local runs, where AWS_ENDPOINT_URL leads to loopback, too";

/// What names this machine although it does not play AWS.
pub(super) fn problems(
    lookup: impl Fn(&str) -> Option<String>,
    source_hosts: &str,
    new_url_base: &str,
) -> Vec<Problem> {
    if lookup(AWS_ENDPOINT_URL).is_some_and(|url| is_local_endpoint(&url)) {
        return Vec::new();
    }
    let named = |place: &str, address: &str| {
        let message = format!("names this machine ({address}), which on AWS is the Lambda runtime");
        Problem::new(place, message, HINT)
    };
    // A list that cannot be read has its own problems.
    let allowed = AllowList::parse(source_hosts).unwrap_or_default();
    let mut problems: Vec<_> =
        allowed.entries_of_this_machine().map(|entry| named(SOURCE_HOSTS, &entry)).collect();
    if is_local_endpoint(new_url_base) {
        problems.push(named(NEW_URL_BASE, new_url_base));
    }
    problems
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn places(endpoint: Option<&str>, hosts: &str, base: &str) -> Vec<String> {
        let lookup = |name: &str| endpoint.filter(|_| name == AWS_ENDPOINT_URL).map(str::to_owned);
        problems(lookup, hosts, base).into_iter().map(|problem| problem.place).collect()
    }

    #[rstest]
    #[case::address("http://127.0.0.1:9001")]
    #[case::short("http://127.1:9001")]
    #[case::decimal("https://2130706433:443")]
    #[case::v6("http://[::1]:80")]
    #[case::mapped("http://[::ffff:127.0.0.1]:80")]
    #[case::name("http://localhost:9001")]
    #[case::name_below("http://a.LOCALHOST.:9001")]
    fn loopback_is_refused_on_aws(#[case] entry: &str) {
        let hosts = format!("files.example.com,{entry},http://10.0.0.5:80");
        for endpoint in [None, Some(""), Some("https://dynamodb.eu-west-1.amazonaws.com")] {
            assert_eq!(places(endpoint, &hosts, "https://cdn.example.com/"), [SOURCE_HOSTS]);
        }
        assert_eq!(places(None, "files.example.com", "http://127.0.0.1:9000/b/"), [NEW_URL_BASE]);
    }

    #[rstest]
    #[case("http://127.0.0.1:4566")]
    #[case("http://localhost:4566/")]
    #[case("http://[::1]:4566")]
    fn loopback_is_taken_where_this_machine_plays_aws(#[case] endpoint: &str) {
        let hosts = "http://127.0.0.1:9001,http://localhost:1";
        assert!(places(Some(endpoint), hosts, "http://127.0.0.1:9000/b/").is_empty());
    }

    #[rstest]
    #[case("http://127.0.0.1.example.com:4566")]
    #[case("http://user@127.0.0.1:4566")]
    #[case("http://169.254.169.254")]
    #[case("http://10.0.0.5:4566")]
    #[case("127.0.0.1:4566")]
    fn no_other_endpoint_opens_loopback(#[case] endpoint: &str) {
        assert_eq!(places(Some(endpoint), "http://127.0.0.1:9001", "").len(), 1, "{endpoint}");
    }
}
