#include "app/signals.hpp"

#include <csignal>
#include <cstdio>

#include <pthread.h>

namespace app {
namespace {

// Wakes the waiting thread when all is done; nobody else sends it.
constexpr int wake_up = SIGUSR1;

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, wake_up);
    return set;
}

}  // namespace

StopOnSignal::StopOnSignal() {
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    waiter_ = std::jthread([this, set] {
        for (;;) {
            int signal = 0;
            if (sigwait(&set, &signal) != 0 || signal == wake_up) {
                return;
            }
            // A second signal is the same wish: the first is being carried out.
            if (source_.request_stop()) {
                std::fputs("etcd-deploy: asked to stop: ending what is under way\n", stderr);
            }
        }
    });
}

StopOnSignal::~StopOnSignal() {
    pthread_kill(waiter_.native_handle(), wake_up);
}

}  // namespace app
