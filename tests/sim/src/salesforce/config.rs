//! What can be set about a simulated org: names, limits, credentials and the pace of its clock.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

/// Settings of an org. `OrgConfig::default()` is a sandbox with a `DocListEntry__c` object.
#[derive(Debug, Clone)]
pub struct OrgConfig {
    /// API name of the object that holds document links.
    pub object: String,
    /// API name of its URL field.
    pub url_field: String,
    /// API name of its lookup to `Account`.
    pub account_field: String,
    /// Maximum length of the URL field, in characters.
    pub url_length: usize,
    /// API names of further text fields (255 characters) on the object.
    pub extra_text_fields: Vec<String>,
    /// Value of `Organization.Name`.
    pub name: String,
    /// Value of `Organization.IsSandbox`; it also decides which JWT audience is right.
    pub is_sandbox: bool,
    /// Requests allowed in the rolling day, as reported by `/limits` and `Sforce-Limit-Info`.
    pub daily_api_requests: u64,
    /// First value of the logical clock.
    pub clock_start: Timestamp,
    /// How far each saved row moves the logical clock, in milliseconds.
    pub clock_step_ms: i64,
    /// How many status polls a Bulk job stays in `UploadComplete`, and then again in `InProgress`.
    pub bulk_polls_per_state: u32,
    /// Most rows in one page of Bulk query results when the client does not ask for fewer.
    pub bulk_page_rows: usize,
    /// Who may log in.
    pub credentials: Credentials,
    /// Seed of everything random: shuffled results and the share of locked rows.
    pub seed: u64,
}

impl Default for OrgConfig {
    fn default() -> Self {
        Self {
            object: "DocListEntry__c".to_owned(),
            url_field: "Document__c".to_owned(),
            account_field: "Account__c".to_owned(),
            url_length: 255,
            extra_text_fields: Vec::new(),
            name: "Drayage Simulator".to_owned(),
            is_sandbox: true,
            daily_api_requests: 100_000,
            clock_start: date(2026, 1, 1)
                .to_zoned(TimeZone::UTC)
                .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp()),
            clock_step_ms: 1_000,
            bulk_polls_per_state: 1,
            bulk_page_rows: 50_000,
            credentials: Credentials::default(),
            seed: 1,
        }
    }
}

/// The one connected app and the one integration user of the org.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Consumer key of the connected app.
    pub client_id: String,
    /// Consumer secret of the connected app.
    pub client_secret: String,
    /// Login name of the integration user.
    pub username: String,
    /// Password of the integration user.
    pub password: String,
    /// Security token, appended to the password by the SOAP and password flows.
    pub security_token: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            client_id: "3MVG9SIMULATED.CONSUMER.KEY".to_owned(),
            client_secret: "simulated-consumer-secret".to_owned(),
            username: "integration@drayage.example".to_owned(),
            password: "simulated-password".to_owned(),
            security_token: "SIMULATEDTOKEN".to_owned(),
        }
    }
}
