#include "operate/journal.hpp"

#include <algorithm>
#include <tuple>

#include "kube/journal_text.hpp"
#include "model/timestamp.hpp"
#include "operate/lock.hpp"
#include "operate/release.hpp"

namespace operate {
namespace {

// As many as helm keeps revisions.
constexpr std::size_t most_verified = 20;

std::string now(const Run& run) {
    return model::utc_text(std::chrono::floor<std::chrono::microseconds>(run.tools().clock.wall()));
}

base::Result<void> write(const Run& run, const model::Journal& journal, const kube::Scope& scope) {
    const auto& release = run.request().release;
    return run.tools().kube.write_note(run.namespace_name(),
                                       {.name = own_name(release),
                                        .labels = own_labels(release),
                                        .key = journal_key,
                                        .text = kube::encode_journal(journal)},
                                       scope);
}

}  // namespace

base::Result<model::Journal> read_journal(const Run& run) {
    const auto name = own_name(run.request().release);
    TRY_ASSIGN(const auto text, run.tools().kube.note(run.namespace_name(), name, journal_key, run.scope()));
    if (!text || text->empty()) {
        return model::Journal();
    }
    auto journal = kube::decode_journal(*text);
    if (!journal) {
        run.warn("ConfigMap " + name + " is not read: " + journal.error().text());
        return model::Journal();
    }
    return journal;
}

void tell_cut_off(const Run& run, const model::Journal& journal) {
    if (journal.running) {
        const auto& cut_off = *journal.running;
        run.tools().progress.line("the run before (" + cut_off.action +
                                  (cut_off.run_url.empty() ? "" : ", " + cut_off.run_url) +
                                  ") did not end in order: going on from where it was cut off");
    }
}

base::Result<void> begin_operation(const Run& run, model::Journal& journal) {
    const auto& before = run.record().before;
    journal.running = model::Operation{.action = model::to_string(run.request().action),
                                       .revision_before = before ? before->revision : 0,
                                       .run_url = run.record().run_url,
                                       .started = now(run)};
    return write(run, journal, run.scope());
}

void end_operation(const Run& run, model::Journal& journal) {
    journal.running.reset();
    if (auto written = write(run, journal, run.closing_scope()); !written) {
        run.warn("the record of this run could not be written: " + written.error().text());
    }
}

void leave_operation(const Run& run, model::Journal& journal, const Lock& lock) {
    if (!lock.is_good()) {
        return;
    }
    const auto release = read_release(run, run.closing_scope());
    if (!release) {
        return;
    }
    if (is_pending(*release) && (*release)->revision.revision > journal.running->revision_before) {
        journal.running->left_pending = (*release)->revision.revision;
    } else {
        journal.running.reset();
    }
    std::ignore = write(run, journal, run.closing_scope());
}

void note_left_data(const Run& run, const model::Journal& journal) {
    model::Journal left;
    if (!journal.verified.empty()) {
        const auto& last = journal.verified.back();
        left.left_data = model::LeftData{.cluster_id = last.cluster_id,
                                         .etcd_version = last.etcd_version,
                                         .members = last.members,
                                         .time = now(run)};
    } else {
        left.left_data = journal.left_data;  // of an uninstall before
    }
    if (auto written = write(run, left, run.closing_scope()); !written) {
        run.warn("what the volumes hold could not be noted: " + written.error().text());
    }
}

void note_verified(const Run& run, model::Journal& journal, const model::StatefulSet& set,
                   const std::string& values_hash) {
    const auto& record = run.record();
    if (!record.after || !record.health) {
        return;
    }
    std::erase_if(journal.verified, [&](const auto& known) { return known.revision >= record.after->revision; });
    journal.verified.push_back({.revision = record.after->revision,
                                .chart = record.after->chart,
                                .values_hash = values_hash,
                                .etcd_version = record.health->version,
                                .cluster_id = record.health->cluster_id,
                                .members = set.replicas,
                                .on_delete = set.on_delete,
                                .run_url = record.run_url,
                                .time = now(run)});
    if (journal.verified.size() > most_verified) {
        journal.verified.erase(journal.verified.begin());
    }
}

}  // namespace operate
