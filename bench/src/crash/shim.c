/* Loaded into the server under test (LD_PRELOAD), so that the very program that ships is killed at a chosen call on a
 * chosen kind of file: CRASH_AT=CALL:WHEN:PATH-PART:NTH, WHEN being before, after or half (of a write).
 * It must not know what the files hold. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char call[16], when[16], part[64];
static long nth;
static atomic_long count;

__attribute__((constructor)) static void arm(void) {
    const char *at = getenv("CRASH_AT");
    if (!at || sscanf(at, "%15[^:]:%15[^:]:%63[^:]:%ld", call, when, part, &nth) != 4) nth = 0;
}

static void end(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

/* Whether this is the call at which to end. */
static int is_due_at(const char *name, const char *path) {
    return nth > 0 && !strcmp(name, call) && strstr(path, part) && atomic_fetch_add(&count, 1) + 1 == nth;
}

static int is_due(const char *name, int fd) {
    char link[64], path[4096];
    if (nth <= 0 || strcmp(name, call)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_due_at(name, path);
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)
#define AROUND(due, run) int due_now = (due); if (due_now && strcmp(when, "after")) end(); run; if (due_now) end()

static ssize_t write_at(ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *bytes, size_t size, off_t at) {
    int due = is_due("write", fd);
    if (due && !strcmp(when, "half") && size > 1) real(fd, bytes, size / 2, at);
    if (due && strcmp(when, "after")) end();
    ssize_t written = real(fd, bytes, size, at);
    if (due) end();
    return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    return write_at(real, fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    return write_at(real, fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off_t at) {
    REAL(ssize_t, pread64, int, void *, size_t, off_t);
    ssize_t result;
    AROUND(is_due("read", fd), result = real(fd, bytes, size, at));
    return result;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at) {
    REAL(ssize_t, pread, int, void *, size_t, off_t);
    ssize_t result;
    AROUND(is_due("read", fd), result = real(fd, bytes, size, at));
    return result;
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    int result;
    AROUND(is_due("sync", fd), result = real(fd));
    return result;
}

int fsync(int fd) {
    REAL(int, fsync, int);
    int result;
    AROUND(is_due("sync", fd), result = real(fd));
    return result;
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    int result;
    AROUND(is_due_at("unlink", path), result = real(path));
    return result;
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    int result;
    AROUND(is_due_at("rename", to), result = real(from, to));
    return result;
}

int link(const char *from, const char *to) {
    REAL(int, link, const char *, const char *);
    int result;
    AROUND(is_due_at("link", to), result = real(from, to));
    return result;
}
