//! A file server with habits of its own.

use super::{Group, Maker, Place, USUAL_BYTES, encoded, one};
use crate::files::{Fault, FaultKind};

pub(super) fn groups(maker: &mut Maker) -> Vec<Group> {
    let mut groups = recovering(maker);
    groups.extend(failing(maker));
    groups.push(redirected(maker));
    groups.push(plus_in_a_path(maker));
    groups.push(query_is_part_of_it(maker));
    groups
}

fn address(maker: &Maker, path: &str) -> String {
    format!("{}{}", maker.options.http_base, encoded(path))
}

/// Files that arrive although the server makes it hard.
fn recovering(maker: &mut Maker) -> Vec<Group> {
    let cases = [
        ("busy once", Fault::times(1, FaultKind::Status(503))),
        ("short body once", Fault::times(1, FaultKind::ShortBody)),
        ("slow server", Fault::always(FaultKind::Trickle)),
        ("no validators", Fault::always(FaultKind::Bare)),
    ];
    let mut groups = Vec::new();
    for (number, (case, fault)) in cases.into_iter().enumerate() {
        let path = format!("/habits/recovering {number}.pdf");
        let url = address(maker, &path);
        let place = Place::Http(path);
        groups.push(one(maker, case, &place, url).fault(&place, fault));
    }
    groups
}

/// Files that cannot arrive.
fn failing(maker: &mut Maker) -> Vec<Group> {
    let elsewhere = "http://169.254.169.254/latest/meta-data/".to_owned();
    let itself = address(maker, "/habits/failing 4.pdf");
    let cases = [
        ("not found", FaultKind::Status(404), "source_gone.object_missing"),
        ("gone", FaultKind::Status(410), "source_gone.object_missing"),
        ("forbidden", FaultKind::Status(403), "failed.access_denied"),
        ("redirect inside", FaultKind::Redirect(elsewhere), "failed.redirect_refused"),
        ("redirect loop", FaultKind::Redirect(itself), "failed.redirect_refused"),
        ("error page with status 200", FaultKind::ErrorPage, "failed.error_page"),
        ("login required", FaultKind::Status(401), "failed.access_denied"),
    ];
    let mut groups = Vec::new();
    for (number, (case, kind, expected)) in cases.into_iter().enumerate() {
        let path = format!("/habits/failing {number}.pdf");
        let (account, url) = (maker.account(), address(maker, &path));
        let place = Place::Http(path);
        groups.push(
            Group::default()
                .file(maker, &place, USUAL_BYTES)
                .fault(&place, Fault::always(kind))
                .ends(case, account, Some(url), expected),
        );
    }
    groups
}

/// A redirect within the same server is followed.
fn redirected(maker: &mut Maker) -> Group {
    let account = maker.account();
    let (old, new) = ("/habits/moved.pdf", "/habits/moved here.pdf");
    let (from, to) = (Place::Http(old.to_owned()), Place::Http(new.to_owned()));
    let (url, target) = (address(maker, old), address(maker, new));
    Group::default()
        .file(maker, &from, USUAL_BYTES)
        .fault(&from, Fault::always(FaultKind::Redirect(target)))
        .file(maker, &to, USUAL_BYTES)
        .arrives("redirect", account, url, &to)
}

/// Over HTTP a plus in a path is a plus.
fn plus_in_a_path(maker: &mut Maker) -> Group {
    let url = format!("{}/habits/one+one.pdf", maker.options.http_base);
    one(maker, "plus over http", &Place::Http("/habits/one+one.pdf".to_owned()), url)
}

/// Over HTTP a query is part of the address.
fn query_is_part_of_it(maker: &mut Maker) -> Group {
    let url = format!("{}/habits/download.pdf?id=7&v=2", maker.options.http_base);
    one(maker, "query over http", &Place::Http("/habits/download.pdf".to_owned()), url)
}
