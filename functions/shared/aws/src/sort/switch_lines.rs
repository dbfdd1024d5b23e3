//! Lines of a plan, in its order.

use std::cmp::Ordering;

use drayage_domain::switch::{SwitchLine, plan};

use super::Sortable;

impl Sortable for SwitchLine {
    fn rank(&self, other: &Self) -> Ordering {
        plan::order(self, other)
    }

    fn memory_bytes(&self) -> usize {
        let texts = [
            Some(&self.record_id),
            self.account_id.as_ref(),
            self.account_name.as_ref(),
            self.from.as_ref(),
            self.to.as_ref(),
        ];
        size_of::<Self>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}
