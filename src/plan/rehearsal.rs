//! Trying out at the service what instances would become, before they are planned: for kinds whose service alone can
//! tell.

use crate::graph::NodeId;
use crate::value::Value;

use super::instance::{Subject, as_asked};
use super::walk::{Answer, Planner};

impl Planner<'_> {
    /// Begins to try out what the instances of a block would become, unless that has been done. True when there is
    /// something to wait for.
    pub(super) fn begin_rehearsals(&mut self, node: NodeId, subject: &Subject<'_>) -> bool {
        let is_open = subject.kind.rehearses() && subject.session.reader().is_open();
        if !is_open || !self.rehearsed.insert(subject.config.clone()) {
            return false;
        }
        // What is wrong with the configurations is told when they are planned.
        let told = std::mem::take(&mut self.stage.found);
        let configs = self.asked(subject);
        self.stage.found = told;
        if configs.is_empty() {
            return false;
        }
        self.rehearsing.insert(node, configs.len());
        self.parked_once.insert(node);
        for (session, config) in configs {
            let kind = subject.kind.name().to_owned();
            self.queue.push_back(Box::pin(async move {
                session.reader().rehearse(&kind, &config).await;
                Answer::Rehearsed(node)
            }));
        }
        true
    }

    /// The configuration of each instance, as its provider will be asked about it.
    fn asked(&mut self, subject: &Subject<'_>) -> Vec<(std::sync::Arc<dyn crate::provider::Session>, Value)> {
        let mut asked = Vec::new();
        for (module, _) in self.expand(subject) {
            let Some(expansion) = self.stage.evaluation.expansion(&module, &subject.config.resource).cloned() else {
                continue;
            };
            for key in expansion.keys() {
                let address = subject.config.resource.instance(module.clone(), key.clone());
                if !self.selection.has_instance(&address) {
                    continue;
                }
                let before = self.before(subject, &address);
                let config = as_asked(&mut self.stage, subject, &address, &expansion.data(&key), &before);
                asked.extend(config.map(|config| (self.stage.session_for(&address, subject.session), config)));
            }
        }
        asked
    }

    /// One more has been tried out.
    pub(super) fn one_rehearsed(&mut self, node: NodeId) {
        let Some(left) = self.rehearsing.get_mut(&node) else { return };
        *left -= 1;
        if *left == 0 {
            self.rehearsing.remove(&node);
            self.frontier.put_back(node);
        }
    }
}
