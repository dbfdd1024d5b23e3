//! A fixed analysis for the tests of what is shown.

use drayage_domain::analysis::Analysis;
use serde_json::json;

/// An org of some size with a bit of everything.
#[expect(clippy::too_many_lines, reason = "one document, which is easier to read in one piece")]
pub(super) fn analysis() -> Analysis {
    serde_json::from_value(json!({
        "runId": "analyze-20261121T070809Z-012",
        "startedAt": "2026-11-21T07:08:09.012Z",
        "org": {"id": "00Dxx0000001gPLEAY", "name": "Acme\u{202e} Corp", "isSandbox": false},
        "object": "Document_Entry__c",
        "urlField": "URL__c",
        "scope": {
            "records": 1_204_331, "files": 1_180_002, "accounts": 48_211, "accountsExact": true,
            "recordsWithoutAccount": 1_204, "differentUrls": 1_170_432, "differentUrlsExact": false,
        },
        "outcomes": {
            "planned": 1_180_002, "skipped.no_url": 20_017, "failed.host_not_allowed": 4_300,
            "failed.malformed_url": 12,
        },
        "hosts": {
            "first": [
                {"place": "s3://external-docs", "allowed": true, "records": 1_100_000, "files": 1_100_000},
                {"place": "files.example.com", "allowed": true, "records": 80_002, "files": 80_002},
                {"place": "old-intranet.example.net", "allowed": false, "records": 4_300, "files": 0},
            ],
            "others": 7,
        },
        "fileTypes": {
            "first": [
                {"extension": "pdf", "files": 900_000, "measured": 301, "meanBytes": 1_572_864},
                {"extension": "docx", "files": 280_000, "measured": 81, "meanBytes": 87_123},
                {"extension": "", "files": 2, "measured": 0, "meanBytes": 0},
            ],
            "others": 0,
        },
        "sizes": {
            "sampled": 400, "files": 1_180_002, "measured": 382, "tooLarge": 2, "unknownSize": 3,
            "notThere": {"failed.access_denied": 3, "source_gone.object_missing": 10},
            "meanBytes": 1_271_004, "medianBytes": 201_933, "largestBytes": 314_572_800,
            "maxFileBytes": 104_857_600,
            "total": {
                "bytes": 1_432_293_000_000_u64, "lowBytes": 1_201_000_000_000_u64,
                "highBytes": 1_799_000_000_000_u64, "confidencePercent": 95,
                "method": "bootstrap-t interval, 1000 resamples of 397 files",
            },
        },
        "hazards": [
            {
                "name": "source_gone.object_missing", "blocking": true, "count": 29_501, "exact": false,
                "what": "the source has no such file",
                "remedy": "look for it in a backup of the source; its record keeps the dead link",
            },
            {
                "name": "failed.host_not_allowed", "blocking": true, "count": 4_300, "exact": true,
                "what": "the URL's host or bucket is not on the allow-list",
                "remedy": "add the hosts that are yours to the parameter SourceHosts; leave the others out on purpose",
            },
            {
                "name": "renamed_files", "blocking": false, "count": 812, "exact": true,
                "what": "the file's name has characters that a key or a desktop does not take, or is too long",
                "remedy": "nothing: the copy gets a clean name, the plan lists both",
            },
        ],
        "topAccounts": [
            {"id": "0018000000MwdKAAAZ", "name": "=Acme & Sons\u{1b}[31m", "records": 31_000, "files": 30_112},
            {"id": "0018000000MwdKBAAZ", "name": "株式会社ドレージ", "records": 9_100, "files": 9_100},
            {"id": "0018000000MwdKCAAZ", "records": 12, "files": 0},
        ],
        "estimate": {
            "requests": {
                "files": 1_180_002, "sourceReads": 1_180_002, "destinationWrites": 1_180_002,
                "ledgerWrites": 3_540_006, "costUsd": 9.48, "secondsAtLeast": 337.1,
            },
            "bytes": 1_432_293_000_000_u64,
            "streamedBytes": 97_106_000_000_u64,
            "secondsLikely": 1_350.0,
            "cost": {
                "usd": 9.72, "region": "eu-west-1", "pricesOf": "eu-west-1", "pricesTaken": "2026-08-31",
                "services": [
                    {"service": "S3", "usd": 6.43},
                    {"service": "DynamoDB", "usd": 3.27},
                ],
                "lines": [
                    {"service": "S3", "operation": "CopyObject", "requests": 1_180_002, "quantity": 1_180_002.0, "unit": "requests", "usd": 5.90},
                    {"service": "S3", "operation": "HeadObject", "requests": 1_180_002, "quantity": 1_180_002.0, "unit": "requests", "usd": 0.472},
                    {"service": "DynamoDB", "operation": "PutItem", "requests": 2_360_004, "quantity": 4_720_008.0, "unit": "write units", "usd": 3.3276},
                    {"service": "SQS", "operation": "SendMessage", "requests": 12_044, "quantity": 12_044.0, "unit": "requests", "usd": 0.0048},
                    {"service": "Lambda", "operation": "time", "requests": 0, "quantity": 10_625.5, "unit": "GB-seconds", "usd": 0.1417},
                ],
            },
            "storageUsdPerMonth": 30.68,
            "assumptions": [
                "S3 copies what is in buckets by itself; what is fetched by HTTP passes through Lambda",
                "storage is S3 Standard",
            ],
        },
        "salesforce": {
            "apiCalls": {"max": 125_000, "remaining": 98_400},
            "reserve": 12_500,
            "reading": 171,
            "modes": [
                {"mode": "guarded", "calls": 50_743, "fits": false, "seconds": 3_100.0, "costUsd": 3.1},
                {"mode": "collections", "calls": 14_162, "fits": true, "seconds": 2_000.0, "costUsd": 3.08},
                {"mode": "bulk", "calls": 3_660, "fits": true, "seconds": 3_010.0, "costUsd": 2.99},
            ],
            "mode": "collections",
            "why": "guarded updates would take about 50743 API calls, and the org has 98400 left",
        },
        "recommendation": {
            "stateMachine": "backup and migrate",
            "why": "1204331 records are 100000 or more: copy them first, in full and then incrementally, and repoint them \
                    when everything is accounted for",
        },
        "places": {
            "analysis": "runs/analyze-20261121T070809Z-012/analysis.json",
            "accounts": "runs/analyze-20261121T070809Z-012/accounts.csv",
            "plan": "runs/analyze-20261121T070809Z-012/batches/",
        },
    }))
    .unwrap()
}
