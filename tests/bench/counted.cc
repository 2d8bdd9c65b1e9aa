// SPDX-License-Identifier: Apache-2.0
// What a login takes of the machine: for callgrind and strace, and stack and memory.
#include "driver.h"
#include <cstdio>
#include <cstring>
#include <fstream>
#include <malloc.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>

namespace bench {
namespace {
constexpr size_t stack_size = 1 << 20;
constexpr unsigned char paint = 0xA5;

/// The stack that a thread has, and how far down the paint is gone.
unsigned char* low = nullptr;
const unsigned char* begin = nullptr;
const unsigned char* touched = nullptr;

struct Job {
    const Bed& bed;
    const std::string& subject;
    Answer answer;
};

void* on_the_thread(void* data) {
    const Job& job = *static_cast<Job*>(data);
    for (const char* when : {"first", "later"}) {
        begin = touched = nullptr;
        Attempt attempt = job.bed.attempt(job.subject, job.answer);
        attempt.service += "-marked";
        (void)login(attempt);
        if (!touched) throw std::runtime_error(attempt.service + ": no marks");
        std::printf("%s %s %td\n", job.subject.c_str(), when, begin - touched);
    }
    return nullptr;
}

/// A figure of /proc/self/status in KiB.
long status(const char* name) {
    std::ifstream file("/proc/self/status");
    std::string word;
    while (file >> word) {
        if (word == std::string(name) + ':') {
            long value = 0;
            file >> value;
            return value;
        }
    }
    return -1;
}
} // namespace

/// The mark before the module: paints all of the stack that is free. The one behind it: looks how far the
/// paint is gone. What stands below the first 512 bytes is painted: memset and this function have a frame
/// themselves.
extern "C" [[gnu::visibility("default")]] void mark(const void* frame) {
    if (!begin) {
        begin = static_cast<const unsigned char*>(frame);
        memset(low, paint, size_t(begin - low) - 512);
        return;
    }
    for (touched = low; *touched == paint;) ++touched;
}

void counted(const Bed& bed, const Words& words) {
    Answer answer = answer_of(words.at(1));
    const std::string& subject = words.at(2);
    bed.must(bed.attempt(subject));
    bed.must(bed.attempt(subject, answer), answer);
    for (size_t i = std::stoul(words[0]); i > 0; --i) {
        Attempt attempt = bed.attempt(subject, answer);
        (void)!write(-1, "begin", 5); // markers for strace
        (void)counted_login(attempt);
        (void)!write(-1, "end", 3);
    }
}

void stack(const Bed& bed, const Words& words) {
    for (size_t s = 1; s < words.size(); ++s) {
        void* room = mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED) throw std::runtime_error("no memory for a stack");
        low = static_cast<unsigned char*>(room);
        pthread_attr_t attributes;
        pthread_t thread;
        Job job{bed, words[s], answer_of(words[0])};
        pthread_attr_init(&attributes);
        pthread_attr_setstack(&attributes, room, stack_size);
        if (pthread_create(&thread, &attributes, on_the_thread, &job) != 0)
            throw std::runtime_error("no thread");
        pthread_join(thread, nullptr);
        munmap(room, stack_size);
    }
}

int weigh(const Words& words) {
    int result = once(words);
    std::printf("%ld %ld\n", status("VmHWM"), status("RssAnon"));
    return result;
}

void leaks(const Bed& bed, const Words& words) {
    const std::string& subject = words.at(1);
    for (size_t i = 0; i < 20; ++i) bed.must(bed.attempt(subject)); // what is made once is made now
    size_t before = mallinfo2().uordblks, logins = std::stoul(words[0]);
    for (size_t i = 0; i < logins; ++i) bed.must(bed.attempt(subject));
    std::printf("%s %ld\n", subject.c_str(), long(mallinfo2().uordblks) - long(before));
}

void tries(const Bed& bed, const Words& words) {
    const std::string& subject = words.back();
    Attempt attempt = bed.attempt(subject);
    for (size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] != "again") attempt = bed.attempt(subject, answer_of(words[i]));
        std::printf("%s %s %d\n", subject.c_str(), words[i].c_str(), login(attempt));
    }
}

} // namespace bench
