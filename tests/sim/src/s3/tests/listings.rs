//! Listings.

use super::*;

#[tokio::test]
async fn pages_follow_each_other_in_the_order_of_keys() {
    let fixture = Fixture::start(&["b:in/:2500:1"]).await;
    let mut keys = Vec::new();
    let mut path = "/b?list-type=2".to_owned();
    for expected in [1_000, 1_000, 500] {
        let page = fixture.get(&path).await;
        assert_eq!(page.element("KeyCount"), expected.to_string());
        keys.extend(page.elements("Key"));
        let token = page.element("NextContinuationToken");
        assert_eq!(token.is_empty(), expected == 500);
        path = format!("/b?list-type=2&continuation-token={token}");
    }
    assert_eq!(keys, fixture.server.keys("b"));
    let wrong = fixture.get("/b?list-type=2&continuation-token=in/1").await;
    assert_eq!(wrong.refusal(), refused(400, "InvalidArgument"));
}

#[tokio::test]
async fn a_delimiter_groups_keys_over_the_edges_of_pages() {
    let fixture = Fixture::start(&[]).await;
    for path in ["/b/a/1", "/b/a/2", "/b/b", "/b/c/1", "/b/d"] {
        fixture.put(path, "x").await;
    }
    let (mut keys, mut groups) = (Vec::new(), Vec::new());
    let mut path = "/b?list-type=2&delimiter=/&max-keys=1".to_owned();
    loop {
        let page = fixture.get(&path).await;
        keys.extend(page.elements("Key"));
        groups.extend(page.elements("CommonPrefixes><Prefix"));
        let token = page.element("NextContinuationToken");
        if token.is_empty() {
            break;
        }
        path = format!("/b?list-type=2&delimiter=/&max-keys=1&continuation-token={token}");
    }
    assert_eq!(
        (keys, groups),
        (vec!["b".to_owned(), "d".to_owned()], vec!["a/".to_owned(), "c/".to_owned()])
    );
}

#[tokio::test]
async fn prefix_start_and_encoding_are_honoured() {
    let fixture = Fixture::start(&[]).await;
    for path in ["/b/p/a%20%26b", "/b/p/b", "/b/p/c", "/b/q"] {
        fixture.put(path, "x").await;
    }
    let list =
        async |query: &str| fixture.get(&format!("/b?list-type=2&{query}")).await.elements("Key");
    assert_eq!(list("prefix=p/").await, ["p/a &amp;b", "p/b", "p/c"]);
    assert_eq!(list("prefix=p/&encoding-type=url").await, ["p/a+%26b", "p/b", "p/c"]);
    assert_eq!(list("prefix=p/&start-after=p/b").await, ["p/c"]);
    assert_eq!(list("start-after=p/bb").await, ["p/c", "q"]);
    assert_eq!(list("prefix=none").await, Vec::<String>::new());
}
