//! Resolves names for every client that connects to a host from outside (source files, new URLs, endpoints of secrets, Salesforce),
//! and forgets each address that must not be connected to.
//!
//! Checking the name before the request would not be enough: it can resolve to something else when the client connects. Here
//! the check sits between the resolution and the connection, and what was checked is what is connected to. Hosts that are numeric
//! addresses are resolved by nobody; [`literal_is_permitted`] is asked about those.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use drayage_domain::allow_list::Reach;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder};
use url::{Host, Url};

/// A lookup under way.
type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The addresses of a name.
pub(crate) type Lookup = dyn Fn(String) -> Found + Send + Sync;

/// A resolver that returns only addresses within a [`Reach`].
#[derive(Clone)]
pub struct GuardedResolver {
    reach: Reach,
    lookup: Arc<Lookup>,
}

/// A name of which no address may be connected to.
#[derive(Debug)]
pub(crate) struct ForbiddenName {
    host: String,
}

/// The beginnings of an HTTP client for a host that nobody vouches for: it goes where it is told and nowhere else, says nothing of
/// where it comes from, and takes bodies as they are.
pub(crate) fn wary_client(resolver: GuardedResolver) -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .dns_resolver(resolver)
}

impl GuardedResolver {
    /// The operating system's resolver, guarded.
    pub fn new(reach: Reach) -> Self {
        Self::with_lookup(reach, Arc::new(system_lookup))
    }

    pub(crate) fn with_lookup(reach: Reach, lookup: Arc<Lookup>) -> Self {
        Self { reach, lookup }
    }

    async fn permitted(self, host: String) -> Result<Vec<IpAddr>, Box<dyn Error + Send + Sync>> {
        let found = (self.lookup)(host.clone()).await?;
        let known = !found.is_empty();
        let permitted: Vec<_> =
            found.into_iter().filter(|address| self.reach.permits(*address)).collect();
        if known && permitted.is_empty() {
            return Err(ForbiddenName { host }.into());
        }
        Ok(permitted)
    }
}

/// Whether a URL's host may be connected to, as far as that is known without resolving it: a numeric address has to be within
/// `reach`. True for names.
pub fn literal_is_permitted(url: &Url, reach: Reach) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => reach.permits(address.into()),
        Some(Host::Ipv6(address)) => reach.permits(address.into()),
        Some(Host::Domain(_)) => true,
        None => false,
    }
}

/// The resolver of the operating system.
pub(crate) fn system_lookup(name: String) -> Found {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GuardedResolver")
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guarded = self.clone();
        Box::pin(async move {
            let permitted = guarded.permitted(name.as_str().to_owned()).await?;
            // The client puts the port of the URL in.
            let addresses: Addrs =
                Box::new(permitted.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

impl ResolveDns for GuardedResolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        let permitted = self.clone().permitted(name.to_owned());
        DnsFuture::new(async move { permitted.await.map_err(ResolveDnsError::new) })
    }
}

impl ForbiddenName {
    /// Finds the refusal under the errors that the client wraps around it.
    pub(crate) fn in_chain<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
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
mod tests;
