// Helm at work in a thread of its own, while the deciding thread watches the cluster.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "operate/observer.hpp"
#include "operate/run.hpp"

namespace operate {

class HelmCall {
public:
    using Work = std::function<base::Result<void>(const helm::OnLine&, const helm::Scope&)>;

    // Starts at once. Lines and the end arrive in the observer's mailbox.
    HelmCall(const Run& run, Observer& observer, Work work)
        : thread_([work = std::move(work), &mailbox = observer.mailbox(), outer = run.stop(),
                   deadline = run.deadline()](const std::stop_token& own) {
              std::stop_source either;
              const std::stop_callback on_outer(outer, [&either] { either.request_stop(); });
              const std::stop_callback on_own(own, [&either] { either.request_stop(); });
              // This thread lives as long as helm does: helm dies with it (PR_SET_PDEATHSIG).
              auto result = work([&mailbox](sys::Stream /*stream*/,
                                            std::string_view line) { mailbox.put(HelmLine{std::string(line)}); },
                                 {either.get_token(), deadline});
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
    std::jthread thread_;
};

}  // namespace operate
