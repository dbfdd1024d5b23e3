//! Reads the secret by hand rather than by derive: a derived reader stops at the first problem and may quote values.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use super::{
    Credentials, CredentialsError, CredentialsProblem, DEFAULT_API_VERSION, Grant, is_loopback,
};

const KNOWN_FIELDS: [&str; 8] = [
    "auth",
    "login_url",
    "client_id",
    "username",
    "private_key",
    "client_secret",
    "audience",
    "api_version",
];

/// Oldest API version with the query cursor rules this client relies on (results live for 2 days, no cursor limit).
const API_VERSION_MIN: u32 = 56;

const PRODUCTION_LOGIN: &str = "https://login.salesforce.com";
const SANDBOX_LOGIN: &str = "https://test.salesforce.com";

pub(super) fn parse(secret: &str) -> Result<Credentials, CredentialsError> {
    let mut reader = Reader::new(secret)?;
    reader.refuse_unknown_fields();
    let auth = reader.auth();
    let login_url = reader.login_url(auth);
    let client_id = reader.required("client_id", "copy the consumer key of the connected app");
    let grant = match auth {
        Some(Auth::Jwt) => reader.jwt(login_url.as_ref()),
        Some(Auth::ClientCredentials) => reader.client_credentials(),
        None => None,
    };
    let api_version = reader.api_version();
    match (login_url, client_id, grant, api_version, reader.problems) {
        (Some(login_url), Some(client_id), Some(grant), Some(api_version), problems)
            if problems.is_empty() =>
        {
            Ok(Credentials { login_url, client_id, api_version, grant })
        }
        (_, _, _, _, problems) => Err(CredentialsError { problems }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Auth {
    Jwt,
    ClientCredentials,
}

/// The fields of the secret, and what has been found wrong with them so far.
struct Reader {
    fields: Map<String, Value>,
    problems: Vec<CredentialsProblem>,
}

impl Reader {
    fn new(secret: &str) -> Result<Self, CredentialsError> {
        let whole = |problem: String| CredentialsError {
            problems: vec![CredentialsProblem {
                field: "secret".to_owned(),
                problem,
                hint: "store one JSON object, for example {\"auth\":\"jwt\",\"login_url\":\"https://login.salesforce.com\",...}",
            }],
        };
        match serde_json::from_str::<Value>(secret) {
            Ok(Value::Object(fields)) => Ok(Self { fields, problems: Vec::new() }),
            Ok(_) => Err(whole("is not a JSON object".to_owned())),
            // Only the position: the rest of a parser's message can quote the text.
            Err(error) => Err(whole(format!(
                "is not valid JSON at line {} column {}",
                error.line(),
                error.column()
            ))),
        }
    }

    fn problem(&mut self, field: &str, problem: &str, hint: &'static str) {
        self.problems.push(CredentialsProblem {
            field: field.to_owned(),
            problem: problem.to_owned(),
            hint,
        });
    }

    /// A misspelt optional field would otherwise be ignored silently.
    fn refuse_unknown_fields(&mut self) {
        let unknown: Vec<String> = self
            .fields
            .keys()
            .filter(|name| !KNOWN_FIELDS.contains(&name.as_str()))
            // A name that does not look like one may be a pasted secret.
            .map(|name| {
                let plain = name.len() <= 32
                    && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                if plain { name.clone() } else { "(a field)".to_owned() }
            })
            .collect();
        for name in unknown {
            self.problem(
                &name,
                "is not a known field",
                "known fields: auth, login_url, client_id, username, private_key, client_secret, audience, api_version",
            );
        }
    }

    fn optional(&mut self, field: &str) -> Option<String> {
        match self.fields.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Some(Value::String(_)) => {
                self.problem(field, "is empty", "fill it in, or remove the field");
                None
            }
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                self.problem(field, "is not a string", "write the value in double quotes");
                None
            }
        }
    }

    fn required(&mut self, field: &str, hint: &'static str) -> Option<String> {
        let before = self.problems.len();
        let value = self.optional(field);
        if value.is_none() && self.problems.len() == before {
            self.problem(field, "is missing", hint);
        }
        value
    }

    fn auth(&mut self) -> Option<Auth> {
        const HINT: &str =
            "use \"jwt\" (username and private_key) or \"client_credentials\" (client_secret)";
        match self.required("auth", HINT)?.as_str() {
            "jwt" => Some(Auth::Jwt),
            "client_credentials" => Some(Auth::ClientCredentials),
            _ => {
                self.problem("auth", "is not a supported flow", HINT);
                None
            }
        }
    }

    fn login_url(&mut self, auth: Option<Auth>) -> Option<Url> {
        const HINT: &str = "use https://login.salesforce.com, https://test.salesforce.com or https://<domain>.my.salesforce.com";
        let text = self.required("login_url", HINT)?;
        let Ok(url) = Url::parse(&text) else {
            self.problem("login_url", "is not a URL", HINT);
            return None;
        };
        let before = self.problems.len();
        if url.host().is_none() {
            self.problem("login_url", "names no host", HINT);
        } else if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            self.problem("login_url", "is not https", HINT);
        } else if !matches!(url.host(), Some(url::Host::Domain(_))) && !is_loopback(&url) {
            self.problem("login_url", "is a numeric address", HINT);
        }
        if !url.username().is_empty() || url.password().is_some() {
            self.problem("login_url", "carries a user name or password", HINT);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            self.problem("login_url", "has something after the host", HINT);
        }
        let shared = matches!(url.host_str(), Some("login.salesforce.com" | "test.salesforce.com"));
        if shared && auth == Some(Auth::ClientCredentials) {
            self.problem(
                "login_url",
                "does not offer the client credentials flow",
                "use the My Domain login URL, https://<domain>.my.salesforce.com",
            );
        }
        (self.problems.len() == before).then_some(url)
    }

    fn jwt(&mut self, login_url: Option<&Url>) -> Option<Grant> {
        let username =
            self.required("username", "the user name of the integration user, name@company.org");
        let key = self.private_key();
        let audience = self.optional("audience").or_else(|| login_url.map(default_audience));
        Some(Grant::Jwt { username: username?, audience: audience?, key: key? })
    }

    fn private_key(&mut self) -> Option<EncodingKey> {
        const HINT: &str =
            "paste the RSA private key whose certificate the connected app holds, as PEM";
        let pem = self.required("private_key", HINT)?.replace("\\r", "").replace("\\n", "\n");
        if pem.contains("ENCRYPTED") {
            self.problem(
                "private_key",
                "is protected by a passphrase",
                "store it without: openssl pkey -in key.pem -out plain.pem",
            );
            return None;
        }
        if pem.contains("CERTIFICATE") || pem.contains("PUBLIC KEY") {
            self.problem("private_key", "is a certificate or a public key", HINT);
            return None;
        }
        // Parsing alone accepts keys that cannot sign; one signature proves the key here rather than at 3 am.
        let usable = EncodingKey::from_rsa_pem(pem.as_bytes()).ok().filter(|key| {
            jsonwebtoken::encode(&Header::new(Algorithm::RS256), &Map::<String, Value>::new(), key)
                .is_ok()
        });
        if usable.is_none() {
            self.problem("private_key", "is not a usable RSA private key in PEM form", HINT);
        }
        usable
    }

    fn client_credentials(&mut self) -> Option<Grant> {
        let secret =
            self.required("client_secret", "copy the consumer secret of the connected app")?;
        Some(Grant::ClientCredentials { client_secret: SecretString::from(secret) })
    }

    fn api_version(&mut self) -> Option<String> {
        const HINT: &str = "write it as \"66.0\"; 56.0 is the oldest version supported here";
        let before = self.problems.len();
        let Some(text) = self.optional("api_version") else {
            return (self.problems.len() == before).then(|| DEFAULT_API_VERSION.to_owned());
        };
        let number = text.strip_prefix('v').unwrap_or(&text);
        let major = number.strip_suffix(".0").unwrap_or(number).parse::<u32>().ok();
        if let Some(major) = major.filter(|major| (API_VERSION_MIN..1000).contains(major)) {
            Some(format!("{major}.0"))
        } else {
            self.problem("api_version", "is not a supported API version", HINT);
            None
        }
    }
}

/// The `aud` claim Salesforce expects: the shared login host of production or of sandboxes, also when the token is
/// asked for at a My Domain host. Other hosts (a simulator, other clouds) are their own audience.
fn default_audience(login_url: &Url) -> String {
    let host = login_url.host_str().unwrap_or_default();
    let origin = login_url.as_str().trim_end_matches('/').to_owned();
    if !host.ends_with(".salesforce.com") {
        return origin;
    }
    // `acme--dev.my.salesforce.com` is a sandbox without enhanced domains; scratch orgs log in like sandboxes.
    let sandbox = host == "test.salesforce.com"
        || host.contains(".sandbox.")
        || host.contains(".scratch.")
        || host.contains("--");
    if sandbox { SANDBOX_LOGIN.to_owned() } else { PRODUCTION_LOGIN.to_owned() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://login.salesforce.com/", PRODUCTION_LOGIN)]
    #[case("https://test.salesforce.com", SANDBOX_LOGIN)]
    #[case("https://acme.my.salesforce.com", PRODUCTION_LOGIN)]
    #[case("https://acme-dev-ed.develop.my.salesforce.com", PRODUCTION_LOGIN)]
    #[case("https://acme--uat.sandbox.my.salesforce.com", SANDBOX_LOGIN)]
    #[case("https://acme--uat.my.salesforce.com", SANDBOX_LOGIN)]
    #[case("https://acme.scratch.my.salesforce.com", SANDBOX_LOGIN)]
    #[case("http://127.0.0.1:4010", "http://127.0.0.1:4010")]
    #[case("https://login.salesforce.example", "https://login.salesforce.example")]
    fn audience_follows_the_login_host(#[case] login_url: &str, #[case] audience: &str) {
        assert_eq!(default_audience(&Url::parse(login_url).unwrap()), audience);
    }
}
