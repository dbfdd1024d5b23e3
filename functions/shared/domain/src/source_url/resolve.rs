//! Decides what a URL that was taken apart points at, and whether that is permitted.

use percent_encoding::percent_decode_str;

use crate::allow_list::{Host, Scheme, is_bucket_name, is_forbidden_address, is_local_name};
use crate::destination_key::DestinationKey;

use super::keys::{self, KeyParts};
use super::raw::{RawUrl, WebUrl, malformed};
use super::s3_host::{self, HostForm, S3Host};
use super::{
    CustomHost, HttpLocation, Parsed, ParsedSource, S3Location, SourceLocation, SourceRules,
    UrlNote, UrlProblem, encode, file_name_of, query,
};

/// The rules, and what was noticed so far.
pub(super) struct Resolver<'a> {
    pub(super) rules: &'a SourceRules<'a>,
    pub(super) notes: Vec<UrlNote>,
}

/// A URL whose bucket is known.
struct BucketUrl<'a> {
    bucket: String,
    region: Option<String>,
    parts: KeyParts<'a>,
    version_id: Option<String>,
}

impl<'a> BucketUrl<'a> {
    fn new(bucket: String, region: Option<String>, raw_key: &'a str, url: &'a WebUrl) -> Self {
        let query = url.query.as_deref();
        let parts = KeyParts {
            path: raw_key,
            query: query.filter(|_| query::may_be_key(query)),
            fragment: url.fragment.as_deref(),
        };
        Self { bucket, region, parts, version_id: query::version_id(query) }
    }
}

impl<'a> Resolver<'a> {
    /// The first rule that applies decides: our own URLs, configured hosts, origins listed in full, S3 hosts,
    /// other hosts.
    pub(super) fn resolve(mut self, url: &RawUrl) -> Result<Parsed, UrlProblem> {
        let url = match url {
            RawUrl::S3Uri { bucket, key } => return self.resolve_s3_uri(bucket, key),
            RawUrl::Web(url) => url,
        };
        if let Some(key) = self.key_under_own_base(url) {
            return Ok(Parsed::AlreadyMigrated { key });
        }
        if let Some(custom) = self.custom_host(url)
            && let Some(parsed) = self.resolve_custom_host(url, custom)?
        {
            return Ok(parsed);
        }
        if self.rules.allow.has_origin(url.scheme, &url.host, url.port) {
            return self.resolve_http(url);
        }
        let Host::Name(name) = &url.host else {
            return Err(refuse_address(&url.host));
        };
        if is_local_name(name) {
            return Err(UrlProblem::ForbiddenAddress { host: name.clone() });
        }
        let url = &self.upgraded(url, name);
        if let Some(s3_host) = s3_host::recognise(name) {
            return self.resolve_s3_host(url, name, &s3_host);
        }
        self.check_host(url, name)?;
        self.resolve_http(url)
    }

    fn resolve_s3_uri(mut self, bucket: &str, key: &str) -> Result<Parsed, UrlProblem> {
        if !is_bucket_name(bucket) {
            return Err(malformed("what follows s3:// is not a bucket name"));
        }
        let (key, version_id) = match key.rsplit_once('?') {
            Some((key, tail)) if tail.starts_with("versionId=") && !tail.contains('&') => {
                (key, query::version_id(Some(tail)))
            }
            Some(_) | None => (key, None),
        };
        let key_candidates = keys::uri_candidates(key)?;
        if let Some(parsed) = self.already_migrated(bucket, &key_candidates) {
            return Ok(parsed);
        }
        if !self.rules.allow.permits_bucket(bucket) {
            return Err(UrlProblem::BucketNotAllowed { bucket: bucket.to_owned() });
        }
        let location =
            S3Location { bucket: bucket.to_owned(), key_candidates, region: None, version_id };
        if self.rules.s3_access {
            return Ok(self.s3_source(location));
        }
        refuse_dot_segments(location.preferred_key())?;
        let (host, path) = rest_endpoint(bucket, None, "amazonaws.com");
        if path != "/" {
            self.note(UrlNote::DottedBucketPathStyle);
        }
        let version = location.version_id.as_deref();
        let query =
            version.map_or_else(String::new, |id| format!("?versionId={}", encode::key(id)));
        let mut urls = location
            .key_candidates
            .iter()
            .filter(|key| !keys::has_dot_segments(key))
            .map(|k| format!("https://{host}{path}{}{query}", encode::key(k)));
        let file_name = file_name_of(location.preferred_key()).to_owned();
        let http = HttpLocation {
            url: urls.next().unwrap_or_default(),
            alternatives: urls.collect(),
            scheme: Scheme::Https,
            host,
            port: Scheme::Https.default_port(),
            presigned: false,
        };
        Ok(self.source(SourceLocation::Http(http), file_name))
    }

    fn resolve_custom_host(
        &mut self,
        url: &WebUrl,
        custom: &CustomHost,
    ) -> Result<Option<Parsed>, UrlProblem> {
        let prefix = custom.prefix.trim_matches('/');
        let raw_key = url.path.strip_prefix('/').unwrap_or("");
        let mut bucket_url = BucketUrl::new(custom.bucket.clone(), None, raw_key, url);
        // The configured prefix is not percent-encoded, so it is joined after decoding.
        let mut key_notes = Vec::new();
        let candidates = bucket_url.parts.candidates(&mut key_notes);
        let with_prefix =
            |key: String| if prefix.is_empty() { key } else { format!("{prefix}/{key}") };
        let candidates: Result<Vec<String>, _> =
            candidates.map(|keys| keys.into_iter().map(with_prefix).collect());
        if let Ok(keys) = &candidates
            && let Some(parsed) = self.already_migrated(&custom.bucket, keys)
        {
            return Ok(Some(parsed));
        }
        if !self.rules.s3_access {
            return Ok(None);
        }
        self.notes.append(&mut key_notes);
        self.note_ignored_signature(url);
        let location = S3Location {
            bucket: custom.bucket.clone(),
            key_candidates: candidates?,
            region: None,
            version_id: bucket_url.version_id.take(),
        };
        Ok(Some(self.s3_source(location)))
    }

    fn resolve_s3_host(
        mut self,
        url: &WebUrl,
        name: &str,
        s3_host: &S3Host,
    ) -> Result<Parsed, UrlProblem> {
        if url.scheme != Scheme::Https || url.port != Scheme::Https.default_port() {
            return Err(refuse_origin(url));
        }
        let raw_path = url.path.strip_prefix('/').unwrap_or("");
        let (bucket, raw_key, is_in_host) = match &s3_host.form {
            HostForm::VirtualHosted { bucket } | HostForm::Website { bucket } => {
                (bucket.clone(), raw_path, true)
            }
            HostForm::AccessPoint { arn } => (arn.clone(), raw_path, true),
            HostForm::PathStyle => {
                let (bucket, key) = raw_path.split_once('/').unwrap_or((raw_path, ""));
                let bucket = keys::decode(bucket).filter(|bucket| is_bucket_name(bucket));
                (
                    bucket.ok_or(malformed("its first path segment is not a bucket name"))?,
                    key,
                    false,
                )
            }
        };
        let bucket_url = BucketUrl::new(bucket, s3_host.region.clone(), raw_key, url);
        let candidates = bucket_url.parts.candidates(&mut self.notes)?;
        if let Some(parsed) = self.already_migrated(&bucket_url.bucket, &candidates) {
            return Ok(parsed);
        }
        // A host entry covers anonymous requests. Our credentials are used only for a bucket that is listed,
        // or that the listed host itself names: path-style hosts are shared by everybody.
        let is_host_enough = is_in_host || !self.rules.s3_access;
        let is_permitted = self.rules.allow.permits_bucket(&bucket_url.bucket)
            || (is_host_enough && self.rules.allow.names(name));
        if !is_permitted {
            return Err(UrlProblem::BucketNotAllowed { bucket: bucket_url.bucket });
        }
        if self.rules.s3_access {
            self.note_ignored_signature(url);
            let BucketUrl { bucket, region, version_id, parts: _ } = bucket_url;
            let location = S3Location { bucket, key_candidates: candidates, region, version_id };
            return Ok(self.s3_source(location));
        }
        refuse_dot_segments(bucket_url.parts.path)?;
        let file_name = candidates.first().map_or("", |key| file_name_of(key)).to_owned();
        let http = self.anonymous_location(url, s3_host, &bucket_url);
        Ok(self.source(SourceLocation::Http(http), file_name))
    }

    /// An object in a bucket of which we hold no credentials.
    fn anonymous_location(
        &mut self,
        url: &WebUrl,
        s3_host: &S3Host,
        bucket_url: &BucketUrl<'_>,
    ) -> HttpLocation {
        let presigned = query::is_presigned(url.query.as_deref());
        let bucket = &bucket_url.bucket;
        let is_website = matches!(s3_host.form, HostForm::Website { .. });
        let is_virtual = matches!(s3_host.form, HostForm::VirtualHosted { .. });
        let is_dotted = is_virtual && bucket.contains('.');
        let (host, folder) = if is_website || (is_dotted && !presigned) {
            self.note(if is_website {
                UrlNote::WebsiteEndpointReplaced
            } else {
                UrlNote::DottedBucketPathStyle
            });
            rest_endpoint(bucket, s3_host.region.as_deref(), s3_host.domain)
        } else if s3_host.form == HostForm::PathStyle {
            (url.host.to_string(), format!("/{bucket}/"))
        } else {
            (url.host.to_string(), "/".to_owned())
        };
        // Unsigned requests may carry no other parameter: `response-*` is refused, `acl` and its like answer
        // with something else than the object.
        let query = match (&url.query, &bucket_url.version_id) {
            (Some(query), _) if presigned => format!("?{}", encode::query(query)),
            (_, Some(version)) => format!("?versionId={}", encode::key(version)),
            _ => String::new(),
        };
        let start = format!("https://{host}{folder}");
        let alternatives = if presigned { Vec::new() } else { bucket_url.parts.longer_forms() };
        HttpLocation {
            url: format!("{start}{}{query}", encode::path(bucket_url.parts.path)),
            alternatives: alternatives
                .iter()
                .filter(|form| !keys::has_dot_segments(form))
                .map(|form| format!("{start}{}{query}", encode::path(form)))
                .collect(),
            scheme: Scheme::Https,
            host,
            port: Scheme::Https.default_port(),
            presigned,
        }
    }

    fn resolve_http(mut self, url: &WebUrl) -> Result<Parsed, UrlProblem> {
        if matches!(url.path.as_str(), "" | "/") && url.query.is_none() {
            return Err(malformed("it names a host but no file"));
        }
        let raw_path = if url.path.is_empty() { "/" } else { &url.path };
        refuse_dot_segments(raw_path)?;
        let raw_name = file_name_of(raw_path);
        let file_name = percent_decode_str(raw_name).decode_utf8_lossy().into_owned();
        let presigned = query::is_presigned(url.query.as_deref());
        for (applies, note) in [
            (keys::decode(raw_name).is_none(), UrlNote::NotUtf8Name),
            (url.fragment.is_some(), UrlNote::FragmentMaybeKey),
            (keys::has_double_encoding(raw_path), UrlNote::DoubleEncoded),
            (keys::has_bare_percent(raw_path), UrlNote::BarePercent),
        ] {
            if applies {
                self.note(note);
            }
        }
        let origin = format!("{}://{}", url.scheme.as_str(), url.authority());
        let query = url.query.as_deref();
        let raw_query =
            query.map_or_else(String::new, |query| format!("?{}", encode::query(query)));
        let fragment = url.fragment.as_deref().filter(|_| query.is_none());
        let http = HttpLocation {
            url: format!("{origin}{}{raw_query}", encode::path(raw_path)),
            alternatives: fragment
                .map(|fragment| format!("{raw_path}#{fragment}"))
                .filter(|form| !keys::has_dot_segments(form))
                .map(|form| format!("{origin}{}", encode::path(&form)))
                .into_iter()
                .collect(),
            scheme: url.scheme,
            host: url.host.to_string(),
            port: url.port,
            presigned,
        };
        Ok(self.source(SourceLocation::Http(http), file_name))
    }

    /// `https` instead of `http` for hosts of AWS, unless a port says otherwise.
    fn upgraded(&mut self, url: &WebUrl, name: &str) -> WebUrl {
        let is_plain = url.scheme == Scheme::Http && url.port == Scheme::Http.default_port();
        if !is_plain || !s3_host::is_aws_host(name) {
            return url.clone();
        }
        self.note(UrlNote::UpgradedToHttps);
        WebUrl { scheme: Scheme::Https, port: Scheme::Https.default_port(), ..url.clone() }
    }

    fn check_host(&self, url: &WebUrl, name: &str) -> Result<(), UrlProblem> {
        if self.rules.allow.permits_origin(url.scheme, name, url.port) {
            Ok(())
        } else if self.rules.allow.names(name) {
            Err(refuse_origin(url))
        } else {
            Err(UrlProblem::HostNotAllowed { host: name.to_owned() })
        }
    }

    fn key_under_own_base(&self, url: &WebUrl) -> Option<DestinationKey> {
        let own = self.rules.own_bucket?;
        let Ok(RawUrl::Web(base)) = RawUrl::read(Some(own.url_base), &mut Vec::new()) else {
            return None;
        };
        let is_same_origin =
            (base.scheme, &base.host, base.port) == (url.scheme, &url.host, url.port);
        let folder = base.path.trim_end_matches('/');
        let raw_key = url.path.strip_prefix(folder)?.strip_prefix('/')?;
        let key = keys::decode(raw_key).filter(|_| is_same_origin)?;
        is_under(own.prefix, &key).then(|| DestinationKey::new(key).ok())?
    }

    fn already_migrated(&self, bucket: &str, candidates: &[String]) -> Option<Parsed> {
        let own = self.rules.own_bucket.filter(|own| own.bucket == bucket)?;
        let key = candidates.first().filter(|key| is_under(own.prefix, key))?;
        DestinationKey::new(key.as_str()).ok().map(|key| Parsed::AlreadyMigrated { key })
    }

    fn custom_host(&self, url: &WebUrl) -> Option<&'a CustomHost> {
        let authority = url.authority();
        self.rules.custom_hosts.iter().find(|c| c.host.eq_ignore_ascii_case(&authority))
    }

    fn note(&mut self, note: UrlNote) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn note_ignored_signature(&mut self, url: &WebUrl) {
        if query::is_presigned(url.query.as_deref()) {
            self.note(UrlNote::SignatureIgnored);
        }
    }

    fn s3_source(&mut self, location: S3Location) -> Parsed {
        let file_name = file_name_of(location.preferred_key()).to_owned();
        self.source(SourceLocation::S3(location), file_name)
    }

    fn source(&mut self, location: SourceLocation, file_name: String) -> Parsed {
        Parsed::Source(ParsedSource { location, file_name, notes: std::mem::take(&mut self.notes) })
    }
}

/// The REST host of a bucket, and the path its keys are under: path style for names that the wildcard
/// certificate (one label) does not cover.
fn rest_endpoint(bucket: &str, region: Option<&str>, domain: &str) -> (String, String) {
    let endpoint = match region {
        Some(region) => format!("s3.{region}.{domain}"),
        None => format!("s3.{domain}"),
    };
    let is_label = bucket.len() <= 63
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if is_label {
        (format!("{bucket}.{endpoint}"), "/".to_owned())
    } else {
        (endpoint, format!("/{bucket}/"))
    }
}

fn is_under(prefix: &str, key: &str) -> bool {
    let prefix = prefix.trim_matches('/');
    prefix.is_empty() || key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
}

/// HTTP clients resolve `.` and `..` before they ask, so they would fetch another file than the one that is named.
fn refuse_dot_segments(path: &str) -> Result<(), UrlProblem> {
    if keys::has_dot_segments(path) {
        return Err(malformed("its path has `.` or `..` segments, which HTTP clients change"));
    }
    Ok(())
}

fn refuse_address(host: &Host) -> UrlProblem {
    let text = host.to_string();
    match host {
        Host::Address(address) if is_forbidden_address(*address) => {
            UrlProblem::ForbiddenAddress { host: text }
        }
        Host::Address(_) | Host::Name(_) => UrlProblem::HostNotAllowed { host: text },
    }
}

fn refuse_origin(url: &WebUrl) -> UrlProblem {
    UrlProblem::OriginNotAllowed {
        origin: format!("{}://{}:{}", url.scheme.as_str(), url.host, url.port),
    }
}
