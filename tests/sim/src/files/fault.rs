//! What a file server does instead of sending the file.

/// A fault of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many more requests meet it; `None` for all.
    pub remaining: Option<u32>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// This status, with an empty body and `Retry-After: 0`.
    Status(u16),
    /// This status, with a body and without `Retry-After`.
    StatusPage(u16, &'static str),
    /// Status 200 and an HTML page instead of the file.
    ErrorPage,
    /// Status 200 and this XML document instead of the file.
    XmlPage(&'static str),
    /// Half of the announced bytes, then the connection closes.
    ShortBody,
    /// So many quarters of the announced bytes, then the connection closes.
    CutAfterQuarters(usize),
    /// All bytes, then more without end: no length is announced.
    Endless,
    /// The announced length, then single bytes with pauses, for longer than any test waits.
    Stalling,
    /// Status 302 to this address.
    Redirect(String),
    /// All bytes, in small pieces with a pause after each, for about a second.
    Trickle,
    /// All bytes, without length, entity tag or date.
    Bare,
}

impl Fault {
    /// For every request.
    pub const fn always(kind: FaultKind) -> Self {
        Self { kind, remaining: None }
    }

    /// For so many requests.
    pub const fn times(times: u32, kind: FaultKind) -> Self {
        Self { kind, remaining: Some(times) }
    }

    /// What goes wrong with this request, if it does.
    pub(super) fn strike(&mut self) -> Option<FaultKind> {
        if let Some(remaining) = &mut self.remaining {
            *remaining = remaining.checked_sub(1)?;
        }
        Some(self.kind.clone())
    }
}
