//! Resolves names for source requests, and forgets every address that must not be connected to.
//!
//! Checking the name before the request would not be enough: it can resolve to something else when the client
//! connects. Here the check sits between the resolution and the connection.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use drayage_domain::allow_list::is_forbidden_address;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The addresses of a name.
pub(super) type Lookup =
    dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> + Send + Sync;

/// The resolver of the operating system.
pub(super) fn system_lookup(
    name: String,
) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

/// A resolver that returns public addresses only.
pub(super) struct GuardedResolver {
    lookup: Arc<Lookup>,
}

/// A name of which no address may be connected to.
#[derive(Debug)]
pub(super) struct ForbiddenName {
    host: String,
}

impl GuardedResolver {
    pub(super) fn new(lookup: Arc<Lookup>) -> Self {
        Self { lookup }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let lookup = (self.lookup)(host.clone());
        Box::pin(async move {
            let found = lookup.await?;
            let known = !found.is_empty();
            let public: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| !is_forbidden_address(*address))
                // The client puts the port of the URL in.
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if known && public.is_empty() {
                return Err(ForbiddenName { host }.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

impl ForbiddenName {
    /// Finds the refusal under the errors that the client wraps around it.
    pub(super) fn in_chain<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
}

impl fmt::Display for ForbiddenName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` resolves to internal addresses only; hint: if that is meant, list it with scheme, host and port",
            self.host
        )
    }
}

impl Error for ForbiddenName {}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(addresses: &'static [&'static str]) -> Result<Vec<String>, String> {
        let lookup = move |_name| -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
            Box::pin(
                async move { Ok(addresses.iter().map(|text| text.parse().unwrap()).collect()) },
            )
        };
        let resolver = GuardedResolver::new(Arc::new(lookup));
        let name: Name = "files.example.com".parse().unwrap();
        match resolver.resolve(name).await {
            Ok(found) => Ok(found.map(|address| address.ip().to_string()).collect()),
            Err(error) => {
                assert!(ForbiddenName::in_chain(error.as_ref()).is_some());
                Err(error.to_string())
            }
        }
    }

    #[tokio::test]
    async fn internal_addresses_are_dropped() {
        let found = resolve(&["10.0.0.1", "93.184.216.34", "169.254.169.254", "::1"]).await;
        assert_eq!(found, Ok(vec!["93.184.216.34".to_owned()]));
    }

    #[tokio::test]
    async fn a_name_with_internal_addresses_only_is_refused_by_name() {
        let refused = resolve(&["127.0.0.1", "fe80::1", "::ffff:10.0.0.1"]).await.unwrap_err();
        assert!(refused.contains("`files.example.com`"), "{refused}");
    }

    #[tokio::test]
    async fn the_system_knows_localhost() {
        let found = system_lookup("localhost".to_owned()).await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty());
    }
}
