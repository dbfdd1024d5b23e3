//! Reports as runs make them, and as only a hostile bucket can make them.

use std::collections::BTreeMap;

use drayage_domain::reconcile::{
    BucketAccess, Cost, CostItem, Difference, Doubt, GroupTally, Level, Object, Partial, Phase,
    Place, Report, Requests, Round, Seen, Side, Tally, Verdict, Volume, Worst, manual_review,
};

/// Keys and names that try to be something else.
pub(crate) const HOSTILE: [&str; 22] = [
    "<script>alert(1)</script>.pdf",
    "\"><img src=x onerror=alert(1)>",
    "</style></title><h1>x",
    "]]><!--",
    "a & b &amp; 'c' {{ 7 * 7 }} {% raw %}",
    "invoice-\u{202e}fdp.exe",
    "line\nbreak\r\nand\ttab",
    "\nrm -rf /\n#delete x",
    "=HYPERLINK(\"http://x\")",
    "-rf $(id) `id` ${HOME} !! \\ it's",
    "file:///etc/passwd",
    "x?versionId=null",
    "% %20 %2F+",
    "--",
    "'",
    "'; exit 0; '",
    "ключ/日本語/é e\u{301} 😀",
    "שלום/עולם.txt",
    " leading and trailing ",
    "../../etc//./passwd",
    "\u{1}1\u{7f}\u{85}\u{2028}",
    "#review x",
];

const ETAG: &str = "9e107d9d372bb6826bd81d3542a419d6";

fn at(time: &str) -> String {
    format!("2026-11-20T{time}Z")
}

fn place(bucket: &str, prefix: &str) -> Place {
    Place {
        description: format!("s3://{bucket}/{prefix}"),
        bucket: Some(bucket.to_owned()),
        prefix: prefix.to_owned(),
        endpoint: None,
        access: BucketAccess::Role,
    }
}

/// What the ledger knows a file by.
pub(crate) fn ledger() -> Place {
    Place { description: "ledger of drayage-prod".to_owned(), ..Place::default() }
}

fn phases() -> Vec<Phase> {
    let phase = |name: &str, start: &str, end: &str| Phase {
        name: name.to_owned(),
        started_at: at(start),
        ended_at: at(end),
    };
    vec![
        phase("list the source", "01:00:00", "01:21:40"),
        phase("list the destination", "01:00:05", "01:17:10"),
        phase("compare", "01:21:40", "02:58:00"),
        phase("write the report", "02:58:00", "02:58:41"),
    ]
}

fn verdicts(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect()
}

/// 1,204,331 objects, all verified.
pub(crate) fn clean() -> Report {
    let mut tally = Tally {
        verdicts: verdicts(&[("match.etag", 1_198_112), ("match.checksum", 6_219)]),
        source: Volume { objects: 1_204_331, bytes: 4_398_046_511_104 },
        destination: Volume { objects: 1_204_331, bytes: 4_398_046_511_104 },
        requests: Requests { list: 2_410, head: 12_438, ..Requests::default() },
        bytes_read: 0,
        ..Tally::default()
    };
    for (name, objects) in [("archive/", 640_110), ("contracts/", 402_907), ("mail/", 161_314)] {
        let volume = Volume { objects, bytes: objects * 3_651_000 };
        tally.groups.insert(
            name.to_owned(),
            GroupTally { source: volume, destination: volume, ..GroupTally::default() },
        );
    }
    tally.sizes = serde_json::from_value(serde_json::json!([
        1_204, 90_113, 302_440, 411_002, 280_551, 90_300, 21_004, 7_600, 115, 2
    ]))
    .unwrap();
    let item = |label: &str, count, usd| CostItem { label: label.to_owned(), count, usd };
    Report {
        run_id: "2026-11-20-nightly".to_owned(),
        kind: "reconcile".to_owned(),
        level: Level::Checksum,
        source: place("acme-documents", "live/"),
        destination: place("acme-documents-copy", "2026/"),
        complete: true,
        incomplete_because: Vec::new(),
        clean: true,
        rounds: vec![Round {
            number: 1,
            requeued: 0,
            verdicts: tally.verdicts.clone(),
            started_at: at("01:00:00"),
            ended_at: at("02:58:00"),
        }],
        tally,
        phases: phases(),
        started_at: at("01:00:00"),
        ended_at: at("02:58:41"),
        planned: Volume::default(),
        estimate: None,
        copied: Volume::default(),
        cost: Some(Cost {
            usd: 0.017_025,
            items: vec![
                item("LIST requests", 2_410, 0.012_05),
                item("HEAD requests", 12_438, 0.004_975),
            ],
        }),
        top: Vec::new(),
        differences_total: 0,
        manual_review: Vec::new(),
    }
}

/// A difference as a comparison finds it.
pub(crate) fn difference(key: &str, verdict: Verdict, source: u64, destination: u64) -> Difference {
    let seen = |size_bytes| Seen {
        size_bytes,
        etag: Some(ETAG.to_owned()),
        last_modified: Some(at("00:12:44.120")),
        storage_class: Some("STANDARD".to_owned()),
    };
    let (missing, extra) = (verdict == Verdict::Missing, verdict == Verdict::Extra);
    Difference {
        key: key.to_owned(),
        verdict,
        source: (!extra).then(|| seen(source)),
        destination: (!missing).then(|| seen(destination)),
        account_id: None,
        record_id: None,
        problem: None,
    }
}

/// One difference of each kind for every key.
pub(crate) fn hostile_differences() -> Vec<Difference> {
    let verdicts = [
        Verdict::Missing,
        Verdict::Extra,
        Verdict::SizeDiffers,
        Verdict::ContentDiffers { level: Level::Bytes },
        Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::MultipartEtag },
        Verdict::NotVerifiable { level: Level::Size, reason: Doubt::KmsDenied },
    ];
    let of = |(index, key): (usize, &&str)| {
        let verdict = verdicts[index % verdicts.len()];
        let size = 1_u64 << (index % 34);
        Difference {
            account_id: Some(format!("001A{index:011}")),
            record_id: Some((*key).to_owned()),
            ..difference(key, verdict, size, size * 3)
        }
    };
    HOSTILE.iter().enumerate().map(of).collect()
}

/// A few of everything.
pub(crate) fn differing() -> Report {
    let ordinary = [
        ("contracts/2024/0b1f/Master services agreement (signed).pdf", Verdict::Missing, 4_718_592),
        ("contracts/2024/0b20/Annex 3 – prices.xlsx", Verdict::Missing, 88_064),
        ("mail/2019/export-0007.mbox", Verdict::SizeDiffers, 734_003_200),
        ("archive/scan-00093.tif", Verdict::ContentDiffers { level: Level::Checksum }, 20_971_520),
    ];
    let mut worst = Worst::new(200);
    for (key, verdict, size) in ordinary {
        worst.offer(difference(key, verdict, size, size + 17));
    }
    worst.offer(Difference {
        problem: Some("the source refuses access (AccessDenied)".to_owned()),
        ..difference("mail/2020/export-0001.mbox", Verdict::Missing, 1_048_576, 0)
    });
    for difference in hostile_differences() {
        worst.offer(difference);
    }
    let mut report = clean();
    "transfer".clone_into(&mut report.kind);
    report.clean = false;
    report.tally.verdicts = verdicts(&[
        ("match.etag", 1_198_099),
        ("match.size", 6_204),
        ("missing", 7),
        ("size_differs", 5),
        ("content_differs.checksum", 1),
        ("content_differs.bytes", 4),
        ("not_verifiable.multipart_etag", 4),
        ("not_verifiable.kms_denied", 3),
        ("extra", 4),
    ]);
    for (name, differences, not_verifiable) in [("contracts/", 9, 2), ("mail/", 12, 5)] {
        let group = report.tally.groups.get_mut(name).unwrap();
        (group.differences, group.not_verifiable) = (differences, not_verifiable);
    }
    report.tally.groups.insert("<b>\u{202e}/".to_owned(), GroupTally::default());
    report.tally.requests =
        Requests { list: 2_412, head: 12_501, get: 88, put: 3, copy: 41, delete: 1 };
    report.tally.bytes_read = 91_226_112;
    report.copied = Volume { objects: 44, bytes: 1_610_612_736 };
    let second = Round {
        number: 2,
        requeued: 44,
        verdicts: report.tally.verdicts.clone(),
        started_at: at("02:58:41"),
        ended_at: at("03:04:02"),
    };
    report.rounds[0].verdicts.insert("missing".to_owned(), 51);
    report.rounds.push(second);
    report.ended_at = at("03:04:40");
    report.differences_total = 12_028;
    report.top = worst.into_vec();
    report.manual_review = manual_review(&report.tally.verdicts);
    report
}

/// Half of the source could not be read.
pub(crate) fn partial() -> Report {
    let mut report = differing();
    "backup".clone_into(&mut report.kind);
    report.source = ledger();
    report.complete = false;
    report.incomplete_because = vec![
        Partial {
            side: Side::Source,
            prefix: "mail/20<i>19\n".to_owned(),
            reason: "The service refuses to list this prefix: AccessDenied for s3:ListBucket."
                .to_owned(),
        },
        Partial {
            side: Side::Destination,
            prefix: String::new(),
            reason: "The listing broke off after 12 retries: 503 SlowDown.".to_owned(),
        },
    ];
    report
}

/// Nothing on either side.
pub(crate) fn empty() -> Report {
    let mut report = clean();
    report.tally = Tally::default();
    report.phases.clear();
    report.rounds.clear();
    report.cost = None;
    report
}

/// Numbers as large as they get, and as many rows as there can be.
pub(crate) fn huge() -> Report {
    let mut report = differing();
    for count in report.tally.verdicts.values_mut() {
        *count = u64::MAX / 16;
    }
    report.tally.source = Volume { objects: u64::MAX, bytes: u64::MAX };
    report.tally.destination = report.tally.source;
    for number in 0..300_u64 {
        let object = Object {
            key: format!("{}/{number}", "long folder name ".repeat(9)),
            size_bytes: 1 << (number % 50),
            ..Object::default()
        };
        let group = format!("{number:03}-{}/", "x".repeat(150));
        report.tally.count(&group, Verdict::Missing, Some(&object), None);
    }
    let mut worst = Worst::new(200);
    for number in 0..220 {
        let key = format!("{number}/{}", "k".repeat(1_000));
        worst.offer(difference(&key, Verdict::SizeDiffers, u64::MAX, u64::MAX - 1));
    }
    report.top = worst.into_vec();
    report.differences_total = u64::MAX;
    report.cost = Some(Cost { usd: 123_456_789.125, items: Vec::new() });
    report.manual_review = manual_review(&report.tally.verdicts);
    report
}

/// Every sample with a name for its folder.
pub(crate) fn all() -> [(&'static str, Report); 5] {
    [
        ("clean", clean()),
        ("differing", differing()),
        ("partial", partial()),
        ("empty", empty()),
        ("huge", huge()),
    ]
}
