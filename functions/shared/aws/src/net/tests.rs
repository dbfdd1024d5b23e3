//! Which addresses of a name are left.

use rstest::rstest;

use super::*;

fn resolver(reach: Reach, addresses: &'static [&'static str]) -> GuardedResolver {
    let lookup = move |_name| -> Found {
        Box::pin(async move { Ok(addresses.iter().map(|text| text.parse().unwrap()).collect()) })
    };
    GuardedResolver::with_lookup(reach, Arc::new(lookup))
}

/// What both kinds of clients are given.
async fn resolve(reach: Reach, addresses: &'static [&'static str]) -> Result<Vec<String>, String> {
    let resolver = resolver(reach, addresses);
    let for_sdk = resolver.resolve_dns("files.example.com").await;
    let name: Name = "files.example.com".parse().unwrap();
    match resolver.resolve(name).await {
        Ok(found) => {
            let found: Vec<_> = found.map(|address| address.ip()).collect();
            assert_eq!(for_sdk.unwrap(), found);
            Ok(found.iter().map(ToString::to_string).collect())
        }
        Err(error) => {
            assert!(ForbiddenName::in_chain(error.as_ref()).is_some());
            assert!(ForbiddenName::in_chain(&for_sdk.unwrap_err()).is_some());
            Err(error.to_string())
        }
    }
}

const MIXED: &[&str] = &[
    "10.0.0.1",
    "93.184.216.34",
    "169.254.169.254",
    "::1",
    "127.0.0.1",
    "fd00:ec2::254",
    "fd12::1",
    "::ffff:169.254.170.2",
    "0.0.0.0",
    "64:ff9b::7f00:1",
];

#[rstest]
#[case(Reach::Public, &["93.184.216.34"])]
#[case(Reach::Private, &["10.0.0.1", "93.184.216.34", "fd12::1"])]
#[case(Reach::ThisMachine, &["10.0.0.1", "93.184.216.34", "::1", "127.0.0.1", "fd12::1"])]
#[tokio::test]
async fn what_is_out_of_reach_is_dropped(#[case] reach: Reach, #[case] left: &[&str]) {
    assert_eq!(resolve(reach, MIXED).await.unwrap(), left);
}

#[rstest]
#[case(Reach::Public, &["127.0.0.1", "fe80::1", "::ffff:10.0.0.1"])]
#[case(Reach::Private, &["127.0.0.1", "::1", "169.254.169.254", "100.100.100.200"])]
#[case(Reach::ThisMachine, &["169.254.169.254", "fd00:ec2::254", "::"])]
#[tokio::test]
async fn a_name_with_nothing_in_reach_is_refused_by_name(
    #[case] reach: Reach,
    #[case] addresses: &'static [&'static str],
) {
    let refused = resolve(reach, addresses).await.unwrap_err();
    assert!(refused.contains("`files.example.com`"), "{refused}");
}

#[tokio::test]
async fn the_system_knows_localhost() {
    let found = system_lookup("localhost".to_owned()).await.unwrap();
    assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty());
}

#[rstest]
#[case("https://10.0.0.5/", Reach::Private, true)]
#[case("https://10.0.0.5/", Reach::Public, false)]
#[case("http://0x7f.1:9001/", Reach::Private, false)]
#[case("http://127.0.0.1:4566/", Reach::ThisMachine, true)]
#[case("http://[::ffff:169.254.169.254]/", Reach::ThisMachine, false)]
#[case("https://files.example.com/", Reach::Public, true)]
#[case("data:x", Reach::ThisMachine, false)]
fn numeric_hosts_are_looked_at_without_a_resolver(
    #[case] url: &str,
    #[case] reach: Reach,
    #[case] permitted: bool,
) {
    assert_eq!(literal_is_permitted(&Url::parse(url).unwrap(), reach), permitted);
}
