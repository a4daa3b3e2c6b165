#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/app.hpp"
#include "app/signals.hpp"

int main(int count, char** values) {
    try {
        const app::StopOnSignal signals;
        const std::vector<std::string> arguments(values + 1, values + count);
        return app::run(arguments, signals.token());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "etcd-deploy: internal error: %s\nPlease report this as a bug.\n", error.what());
        return 70;
    }
}
