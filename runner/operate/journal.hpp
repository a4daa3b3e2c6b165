// The record of a release (model/journal.hpp) in its ConfigMap: read once the lock is held,
// kept while the run changes things, and left in order at its end.
#pragma once

#include "base/result.hpp"
#include "model/journal.hpp"
#include "model/kubernetes.hpp"
#include "operate/lock.hpp"
#include "operate/run.hpp"

namespace operate {

// Of the ConfigMap that own_name() names.
inline constexpr const char* journal_key = "journal";

// One that is not there is empty. One that cannot be understood is a warning, and empty: it is
// never worth failing for. Errors: forbidden, unreachable, cancelled.
[[nodiscard]] base::Result<model::Journal> read_journal(const Run& run);

// That the run before did not end in order, if it did not.
void tell_cut_off(const Run& run, const model::Journal& journal);

// From before the first change on the next run knows that this one was at work.
[[nodiscard]] base::Result<void> begin_operation(const Run& run, model::Journal& journal);

// Nothing is under way any more; what was verified stays. Trouble is a warning.
void end_operation(const Run& run, model::Journal& journal);

// The run was stopped, and its helm has ended: the next run is told which revision that has left pending, if
// any, so that it takes no other for ours. A journal that may be another run's by now is left alone, and so is one
// that cannot be written in the little time that is left: then any revision after this run's beginning counts as ours.
void leave_operation(const Run& run, model::Journal& journal, const Lock& lock);

// The release is gone, its volumes stay: whose data they hold. Trouble is a warning.
void note_left_data(const Run& run, const model::Journal& journal);

// The revision that the release has now is one to go back to: its members were all well.
void note_verified(const Run& run, model::Journal& journal, const model::StatefulSet& set,
                   const std::string& values_hash);

}  // namespace operate
