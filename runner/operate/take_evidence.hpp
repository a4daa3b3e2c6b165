// What a deployment that failed looks like, before anything is undone or replaced: events,
// pods, the last lines of containers, claims, what etcd answers.
#pragma once

#include "base/result.hpp"
#include "operate/evidence.hpp"
#include "operate/observer.hpp"
#include "operate/run.hpp"

namespace operate {

// Puts it into the record (cut to fit) and into the evidence (whole). To be called once, after
// a change has failed with `error` and before whatever heals it: what is undone is not seen any
// more. Does nothing when nothing was touched, and after a cancel, which has no time for it.
// Blocks for five seconds at most; what cannot be read is a note. The record's health becomes
// etcd's view unless it has one already.
void take_evidence(const Run& run, const Observer& observer, Evidence& evidence, const base::Error& error);

}  // namespace operate
