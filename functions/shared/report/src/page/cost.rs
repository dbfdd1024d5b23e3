//! What it took and what it costs.

use drayage_domain::reconcile::Report;

use super::shown::{Shown, Size};
use crate::text::{dollars, number};

#[derive(Debug, Clone)]
pub(super) struct CostView {
    pub(super) requests: Vec<(&'static str, String)>,
    pub(super) requests_total: String,
    pub(super) read: Size,
    pub(super) copied: (String, Size),
    pub(super) estimate: Option<Estimate>,
}

#[derive(Debug, Clone)]
pub(super) struct Estimate {
    pub(super) total: String,
    pub(super) items: Vec<(Shown, String, String)>,
}

impl CostView {
    pub(super) fn of(report: &Report) -> Self {
        let requests = &report.tally.requests;
        Self {
            requests: vec![
                ("LIST", number(requests.list)),
                ("HEAD", number(requests.head)),
                ("GET", number(requests.get)),
                ("PUT", number(requests.put)),
                ("COPY", number(requests.copy)),
                ("DELETE", number(requests.delete)),
            ],
            requests_total: number(requests.total()),
            read: Size::new(report.tally.bytes_read),
            copied: (number(report.copied.objects), Size::new(report.copied.bytes)),
            estimate: report.cost.as_ref().map(|cost| Estimate {
                total: dollars(cost.usd),
                items: cost
                    .items
                    .iter()
                    .map(|item| (Shown::new(&item.label), number(item.count), dollars(item.usd)))
                    .collect(),
            }),
        }
    }
}
