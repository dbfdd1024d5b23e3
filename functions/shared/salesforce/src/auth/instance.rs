//! Where a token may be sent: what a sign-in names as its instance is part of an answer, and an answer may be wrong.

use url::Url;

use crate::credentials::is_loopback;

/// The domains under which Salesforce serves APIs: the commercial clouds, the government cloud, and China.
/// <https://help.salesforce.com/s/articleView?id=000382667> (domains to allow), and
/// <https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm>.
const DOMAINS: [&str; 8] = [
    "salesforce.com",
    "force.com",
    "cloudforce.com",
    "database.com",
    "salesforce.mil",
    "crmforce.mil",
    "sfcrmproducts.cn",
    "sfcrmapps.cn",
];

/// Whether the token of a sign-in at `login` may be sent to `instance`: an https origin of Salesforce on the default port, or
/// the very host of the sign-in. On this machine both are loopback, over any scheme. A sign-in may be at a site's or an organization's
/// own domain, and names its instance at Salesforce then.
pub(super) fn may_receive_the_token(login: &Url, instance: &Url) -> bool {
    let is_origin = instance.path() == "/"
        && instance.query().is_none()
        && instance.fragment().is_none()
        && instance.username().is_empty()
        && instance.password().is_none();
    if !is_origin {
        return false;
    }
    if is_loopback(login) || is_loopback(instance) {
        return is_loopback(login)
            && is_loopback(instance)
            && matches!(instance.scheme(), "http" | "https");
    }
    if instance.scheme() != "https" {
        return false;
    }
    let same_origin = login.origin() == instance.origin();
    same_origin || (is_salesforce(instance) && instance.port().is_none())
}

fn is_salesforce(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn may(login: &str, instance: &str) -> bool {
        may_receive_the_token(&Url::parse(login).unwrap(), &Url::parse(instance).unwrap())
    }

    #[rstest]
    #[case("https://acme.my.salesforce.com")]
    #[case("https://acme--uat.sandbox.my.salesforce.com/")]
    #[case("https://na139.salesforce.com")]
    #[case("https://acme.cloudforce.com")]
    #[case("https://acme.my.salesforce.mil")]
    #[case("https://acme.my.sfcrmproducts.cn")]
    fn salesforce_names_its_own_hosts(#[case] instance: &str) {
        assert!(may("https://login.salesforce.com", instance));
        assert!(may("https://acme.my.salesforce.com", instance));
    }

    #[rstest]
    #[case::elsewhere("https://evil.example")]
    #[case::suffix("https://evilsalesforce.com")]
    #[case::prefix("https://acme.my.salesforce.com.evil.example")]
    #[case::plain("http://acme.my.salesforce.com")]
    #[case::port("https://acme.my.salesforce.com:8443")]
    #[case::path("https://acme.my.salesforce.com/evil")]
    #[case::query("https://acme.my.salesforce.com/?x=")]
    #[case::fragment("https://acme.my.salesforce.com/#x")]
    #[case::user("https://u@acme.my.salesforce.com")]
    #[case::password("https://evil.example:p@acme.my.salesforce.com")]
    #[case::loopback("http://127.0.0.1:9001")]
    #[case::loopback_tls("https://localhost")]
    #[case::metadata("http://169.254.169.254")]
    #[case::metadata_tls("https://0xa9fea9fe/")]
    #[case::metadata_v6("https://[fd00:ec2::254]")]
    #[case::other_scheme("ftp://acme.my.salesforce.com")]
    #[case::no_host("data:acme.my.salesforce.com")]
    fn a_token_of_salesforce_stays_there(#[case] instance: &str) {
        assert!(!may("https://login.salesforce.com", instance));
    }

    #[rstest]
    #[case("https://login.example", "https://login.example/", true)]
    #[case("https://login.example:8443", "https://login.example:8443", true)]
    #[case("https://login.example", "https://api.login.example", false)]
    #[case("https://login.example", "https://acme.my.salesforce.com", true)]
    #[case("https://acme.my.site.com", "https://acme.my.salesforce.com", true)]
    #[case("https://login.example", "https://evil.example", false)]
    #[case("http://127.0.0.1:4010", "http://localhost:4011", true)]
    #[case("http://127.0.0.1:4010", "http://10.0.0.1", false)]
    #[case("http://127.0.0.1:4010", "https://acme.my.salesforce.com", false)]
    fn another_host_names_itself_or_salesforce(
        #[case] login: &str,
        #[case] instance: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(may(login, instance), expected);
    }
}
