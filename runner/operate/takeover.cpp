#include "operate/takeover.hpp"

#include <algorithm>

#include "operate/release.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds patience_with_hooks{60};
constexpr std::chrono::seconds pause{1};

bool is_unfinished_hook(const model::Object& object, const std::string& release) {
    const auto* job = std::get_if<model::Job>(&object);
    return job != nullptr && job->is_hook() && !job->is_complete() && !job->has_failed() &&
           !job->meta.is_of_another(release);
}

// Jobs that may not be read are taken for none.
bool has_unfinished_hooks(const Run& run) {
    const auto jobs = run.tools().kube.list(model::Kind::job, run.namespace_name(), "", run.scope());
    return jobs && std::ranges::any_of(jobs->items, [&](const auto& object) {
               return is_unfinished_hook(object, run.request().release);
           });
}

std::string named(const model::ReleaseRevision& revision) {
    return "revision " + std::to_string(revision.revision) + " (" + revision.status + ")";
}

base::Result<void> mark_failed(const Run& run, const model::ReleaseRevision& revision) {
    const auto& kube = run.tools().kube;
    TRY_ASSIGN(const auto secrets, kube.release_secrets(run.namespace_name(), run.request().release, run.scope()));
    const auto secret = std::ranges::find(secrets, revision.revision, &kube::ReleaseSecret::revision);
    if (secret == secrets.end()) {
        return base::fail(base::ErrorCode::conflict, named(revision) + " of the release has just vanished",
                          "somebody else works on this release: run it again");
    }
    TRY(run.before_change());
    auto written = kube.rewrite_release(run.namespace_name(),
                                        {.name = secret->name, .revision = secret->revision, .status = "failed"},
                                        helm::mark_interrupted, run.change_scope());
    if (!written && written.error().code == base::ErrorCode::conflict) {
        written.error().hint = "somebody else works on this release: run it again when they are done";
    }
    return written;
}

// Whether our own run, which the journal tells of, has begun this revision. A run that was cancelled has told which
// one it left; one that was killed could not, but begins two at most: an upgrade's and its rollback's.
bool is_ours(const model::ReleaseRevision& revision, const model::Journal& journal) {
    if (!journal.running) {
        return false;
    }
    const auto& running = *journal.running;
    if (running.left_pending != 0) {
        return revision.revision == running.left_pending;
    }
    return revision.revision > running.revision_before && revision.revision <= running.revision_before + 2;
}

// Waits for it; false when nobody has finished it. `release` is the newest that was read.
base::Result<bool> finishes_by_itself(const Run& run, std::optional<helm::Release>& release) {
    auto& clock = run.tools().clock;
    run.tools().progress.line(named(release->revision) +
                              " is unfinished: another helm is at work, or one was killed; waiting to see which");
    const auto begin = clock.now();
    while (clock.now() < begin + patience || (clock.now() < begin + patience_with_hooks && has_unfinished_hooks(run))) {
        const bool stopped = clock.sleep_until(std::min(clock.now() + pause, run.deadline()), run.stop());
        if (stopped || clock.now() >= run.deadline()) {
            return std::unexpected(run.interrupted(base::ErrorCode::timed_out, "waiting for another helm"));
        }
        TRY_ASSIGN(release, read_release(run, run.scope()));
        if (!is_pending(release)) {
            run.tools().progress.line("it is finished");
            return true;
        }
    }
    return false;
}

}  // namespace

base::Result<std::optional<helm::Release>> settle_pending(const Run& run, std::optional<helm::Release> release,
                                                          const model::Journal& journal) {
    if (!is_pending(release)) {
        return release;
    }
    PhaseScope phase(run, "pending release");
    if (!is_ours(release->revision, journal)) {
        TRY_ASSIGN(const bool finished, finishes_by_itself(run, release));
        if (finished) {
            phase.complete();
            return release;
        }
    }
    const auto revision = release->revision;
    TRY(mark_failed(run, revision));
    run.warn(named(revision) +
             " was left behind by a helm that was killed: it counts as failed now, and this run goes on from it");
    TRY_ASSIGN(release, read_release(run, run.scope()));
    phase.complete();
    return release;
}

}  // namespace operate
