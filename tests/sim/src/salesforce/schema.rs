//! Object types and their typed fields: the part of an org's metadata which describe reports.

use super::config::OrgConfig;

/// Indexes of the system fields that every object type starts with; 2 is `Name`.
pub(crate) const ID: usize = 0;
pub(crate) const IS_DELETED: usize = 1;
pub(crate) const CREATED_DATE: usize = 3;
pub(crate) const CREATED_BY: usize = 4;
pub(crate) const LAST_MODIFIED_DATE: usize = 5;
pub(crate) const LAST_MODIFIED_BY: usize = 6;
pub(crate) const SYSTEM_MODSTAMP: usize = 7;

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Id,
    Text,
    Url,
    Boolean,
    DateTime,
    /// A lookup: the target object and the name of the relationship used in SOQL paths.
    Reference {
        to: String,
        relationship: String,
    },
}

impl FieldKind {
    /// The `type` that describe reports.
    pub(crate) fn describe_name(&self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "string",
            Self::Url => "url",
            Self::Boolean => "boolean",
            Self::DateTime => "datetime",
            Self::Reference { .. } => "reference",
        }
    }

    /// The name used in the messages of filter errors.
    pub(crate) fn filter_name(&self) -> &'static str {
        match self {
            Self::DateTime => "dateTime",
            Self::Boolean => "boolean",
            Self::Id | Self::Reference { .. } => "id",
            Self::Text | Self::Url => "string",
        }
    }

    /// Whether values are record ids, which compare case-sensitively.
    pub(crate) fn is_id(&self) -> bool {
        matches!(self, Self::Id | Self::Reference { .. })
    }
}

/// One field of an object type.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) kind: FieldKind,
    /// Maximum length in characters; 0 when the type has none.
    pub(crate) length: usize,
    pub(crate) updateable: bool,
}

impl Field {
    fn new(name: &str, kind: FieldKind, length: usize, updateable: bool) -> Self {
        let label = name.trim_end_matches("__c").replace('_', " ");
        Self { name: name.to_owned(), label, kind, length, updateable }
    }

    pub(crate) fn text(name: &str, length: usize) -> Self {
        Self::new(name, FieldKind::Text, length, true)
    }

    pub(crate) fn url(name: &str, length: usize) -> Self {
        Self::new(name, FieldKind::Url, length, true)
    }

    pub(crate) fn boolean(name: &str) -> Self {
        Self::new(name, FieldKind::Boolean, 0, true)
    }

    pub(crate) fn reference(name: &str, to: &str, relationship: &str) -> Self {
        let kind =
            FieldKind::Reference { to: to.to_owned(), relationship: relationship.to_owned() };
        Self::new(name, kind, 18, true)
    }

    fn system_reference(name: &str, relationship: &str) -> Self {
        Self { updateable: false, ..Self::reference(name, "User", relationship) }
    }

    fn system_time(name: &str) -> Self {
        Self::new(name, FieldKind::DateTime, 0, false)
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.name.ends_with("__c")
    }
}

/// One object type.
#[derive(Debug, Clone)]
pub(crate) struct SObjectType {
    pub(crate) name: String,
    pub(crate) key_prefix: String,
    pub(crate) fields: Vec<Field>,
}

impl SObjectType {
    fn new(name: &str, key_prefix: &str, own: Vec<Field>) -> Self {
        let mut fields = vec![
            Field::new("Id", FieldKind::Id, 18, false),
            Field { updateable: false, ..Field::boolean("IsDeleted") },
            Field::text("Name", 80),
            Field::system_time("CreatedDate"),
            Field::system_reference("CreatedById", "CreatedBy"),
            Field::system_time("LastModifiedDate"),
            Field::system_reference("LastModifiedById", "LastModifiedBy"),
            Field::system_time("SystemModstamp"),
        ];
        fields.extend(own);
        Self { name: name.to_owned(), key_prefix: key_prefix.to_owned(), fields }
    }

    /// Finds a field by its API name; names are not case-sensitive.
    pub(crate) fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name.eq_ignore_ascii_case(name))
    }

    /// Finds a lookup field by the name of its relationship.
    pub(crate) fn relationship(&self, name: &str) -> Option<(usize, &str)> {
        self.fields.iter().enumerate().find_map(|(index, field)| match &field.kind {
            FieldKind::Reference { to, relationship }
                if relationship.eq_ignore_ascii_case(name) =>
            {
                Some((index, to.as_str()))
            }
            FieldKind::Reference { .. }
            | FieldKind::Id
            | FieldKind::Text
            | FieldKind::Url
            | FieldKind::Boolean
            | FieldKind::DateTime => None,
        })
    }

    pub(crate) fn is_custom(&self) -> bool {
        self.name.ends_with("__c")
    }
}

/// The object types of the simulated org.
pub(crate) fn standard(config: &OrgConfig) -> Vec<SObjectType> {
    let account_relationship = config.account_field.strip_suffix("__c").map_or_else(
        || config.account_field.trim_end_matches("Id").to_owned(),
        |stem| format!("{stem}__r"),
    );
    let mut entry_fields = vec![
        Field::url(&config.url_field, config.url_length),
        Field::reference(&config.account_field, "Account", &account_relationship),
    ];
    entry_fields.extend(config.extra_text_fields.iter().map(|name| Field::text(name, 255)));
    vec![
        SObjectType::new(&config.object, "a0B", entry_fields),
        SObjectType::new("Account", "001", vec![Field::url("Website", 255)]),
        SObjectType::new(
            "Organization",
            "00D",
            vec![
                Field::boolean("IsSandbox"),
                Field::text("OrganizationType", 40),
                Field::text("InstanceName", 5),
                Field::text("NamespacePrefix", 15),
                Field::text("TrialExpirationDate", 40),
            ],
        ),
        SObjectType::new(
            "User",
            "005",
            vec![
                Field::text("Username", 80),
                Field::text("Email", 128),
                Field::boolean("IsActive"),
            ],
        ),
    ]
}
