//! An S3 server in memory: fast enough not to be what a benchmark measures, and strict where emulators are lax.
//!
//! It refuses what S3 refuses: parts below 5 MiB, parts with wrong `ETag`s, checksums and MD5s that do not match the
//! bytes, copies of more than 5 GiB, copies of an object to itself, and conditions that do not hold. What it does not know
//! it refuses as well, with 501, instead of ignoring it.
//!
//! It knows one access key at most, checks no signatures, has no versions and no ACLs, and addresses buckets by path.
//! Buckets may be made up as they are read ([`S3Generated`]); such a bucket takes no writes.
//! `GET /_stats` tells how many requests of each operation came; `DELETE /_stats` begins anew.

mod access;
mod call;
mod checksum;
mod chunked;
mod conditions;
mod content;
mod copying;
mod error;
mod generated;
mod listing;
mod multipart;
mod objects;
mod seed;
mod server;
mod store;
mod tagging;
#[cfg(test)]
mod tests;
mod time;
mod xml;

pub use generated::{S3Generated, S3GeneratedError, S3Plant};
pub use seed::{S3Seed, S3SeedError};
pub use server::{S3Server, S3ServerOptions};
