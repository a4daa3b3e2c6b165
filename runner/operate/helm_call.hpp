// Helm at work in a thread of its own, while the deciding thread watches the cluster.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "operate/lock.hpp"
#include "operate/observer.hpp"
#include "operate/run.hpp"
#include "sys/either_stop.hpp"

namespace operate {

class HelmCall {
public:
    using Work = std::function<base::Result<void>(const helm::OnLine&, const helm::Scope&)>;

    // Starts at once. Lines and the end arrive in the observer's mailbox.
    HelmCall(const Run& run, Observer& observer, Work work)
        : unattended_(run.lock()),
          thread_([work = std::move(work), &run, &mailbox = observer.mailbox()](const std::stop_token& own) {
              const sys::EitherStop either(own, run.stop());
              // This thread lives as long as helm does: helm dies with it (PR_SET_PDEATHSIG).
              auto result = work([&mailbox](sys::Stream /*stream*/,
                                            std::string_view line) { mailbox.put(HelmLine{std::string(line)}); },
                                 {either.token(), run.deadline()});
              // Helm only knows that it was ended, the run why.
              if (!result && result.error().code == base::ErrorCode::cancelled) {
                  result = std::unexpected(run.interrupted(base::ErrorCode::cancelled, "helm was at work"));
              }
              mailbox.put(HelmEnded{std::move(result)});
          }) {}

    // Ends helm and its whole process group, and waits for that (as the destructor does).
    void end() {
        thread_.request_stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

private:
    Lock::Unattended unattended_;
    std::jthread thread_;
};

}  // namespace operate
