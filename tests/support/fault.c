// Faults from outside: loaded into the program with LD_PRELOAD, so that the product needs no hooks.
//
//   FAULT=kill:N      SIGKILL just before the N-th event: a rename, a removal, a sync, or a write to a
//   database
//                     file (SQLite's commits are writes to its log), in all processes that inherit
//                     FAULT_STATE
//   FAULT=enospc:N    writes to files fail with ENOSPC once N bytes were written; statvfs says what is left
//   FAULT=erofs:N     opening a file for writing (or asking whether one may), mkdir and rename fail with
//   EROFS
//                     from the N-th such call on
//   FAULT_UNDER=DIR   enospc and erofs meet only what lies in this folder (an absolute path)
//   FAULT_STATE=FILE  16 bytes of counters shared between processes; made when absent
//   FAULT_LOG=FILE    gets a line "CLASS PATH" for every event
//
// Not seen: what the C library does inside itself (only fopen and fwrite are), direct system calls.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum Mode { kNone, kKill, kNoSpace, kReadOnly };

struct State {
  uint64_t event_count;
  uint64_t byte_count;
};

static enum Mode mode;
static uint64_t limit;
static const char* under;
static int log_fd = -1;
static struct State own_state;
static struct State* state = &own_state;

__attribute__((constructor)) static void start(void) {
  const char* fault = getenv("FAULT");
  const char* colon = fault ? strchr(fault, ':') : NULL;
  if (colon) {
    limit = strtoull(colon + 1, NULL, 10);
    if (strncmp(fault, "kill:", 5) == 0) mode = kKill;
    if (strncmp(fault, "enospc:", 7) == 0) mode = kNoSpace;
    if (strncmp(fault, "erofs:", 6) == 0) mode = kReadOnly;
  }
  under = getenv("FAULT_UNDER");
  const char* shared = getenv("FAULT_STATE");
  if (shared) {
    long fd = syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && syscall(SYS_ftruncate, fd, sizeof(struct State)) == 0) {
      void* map = mmap(NULL, sizeof(struct State), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
      if (map != MAP_FAILED) state = map;
    }
  }
  const char* log = getenv("FAULT_LOG");
  if (log) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void event(const char* class, const char* path) {
  uint64_t number = __atomic_add_fetch(&state->event_count, 1, __ATOMIC_SEQ_CST);
  if (log_fd >= 0) {
    char line[4200];
    int length = snprintf(line, sizeof line, "%s %s\n", class, path);
    syscall(SYS_write, log_fd, line, (size_t)length);
  }
  if (mode == kKill && number == limit) {
    syscall(SYS_kill, getpid(), SIGKILL);
    pause();
  }
}

static void path_of(int fd, char* path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  path[length > 0 ? length : 0] = '\0';
}

static void fd_event(const char* class, int fd) {
  char path[4096];
  path_of(fd, path, sizeof path);
  event(class, path);
}

static int ends_with(const char* text, const char* end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

// Whether a fault may meet this path; a relative one starts at the working folder.
static int is_under(const char* path) {
  if (!under) return 1;
  char absolute[8200];
  if (path[0] != '/') {
    if (!getcwd(absolute, 4096)) return 0;
    size_t length = strlen(absolute);
    snprintf(absolute + length, sizeof absolute - length, "/%s", path);
    path = absolute;
  }
  size_t length = strlen(under);
  return strncmp(path, under, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

// Counts a write of `size` bytes; 1 when it must fail.
static int write_fails(int fd, size_t size) {
  int saved = errno;
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    errno = saved;
    return 0;
  }
  char path[4096];
  path_of(fd, path, sizeof path);
  if (ends_with(path, ".db") || ends_with(path, "-wal") || ends_with(path, "-journal"))
    event("database", path);
  int met = is_under(path);
  errno = saved;
  if (!met) return 0;
  uint64_t total = __atomic_add_fetch(&state->byte_count, size, __ATOMIC_SEQ_CST);
  if (mode != kNoSpace || total <= limit) return 0;
  errno = ENOSPC;
  return 1;
}

static int change_fails(const char* path) {
  if (mode != kReadOnly || strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0) return 0;
  if (!is_under(path)) return 0;
  if (__atomic_add_fetch(&state->byte_count, 1, __ATOMIC_SEQ_CST) < limit) return 0;
  errno = EROFS;
  return 1;
}

#define REAL(name, type)                        \
  static __typeof__(type) real;                 \
  if (!real) {                                  \
    *(void**)(&real) = dlsym(RTLD_NEXT, #name); \
    if (!real) abort();                         \
  }

#define WRITE(name, type, declaration, call, fd, size) \
  ssize_t name declaration {                           \
    REAL(name, type)                                   \
    if (write_fails(fd, size)) return -1;              \
    return real call;                                  \
  }

typedef ssize_t (*WriteFunction)(int, const void*, size_t);
typedef ssize_t (*PwriteFunction)(int, const void*, size_t, off_t);
typedef ssize_t (*WritevFunction)(int, const struct iovec*, int);
typedef ssize_t (*PwritevFunction)(int, const struct iovec*, int, off_t);

static size_t total_size(const struct iovec* parts, int count) {
  size_t size = 0;
  for (int i = 0; i < count; i++) size += parts[i].iov_len;
  return size;
}

WRITE(write, WriteFunction, (int fd, const void* data, size_t size), (fd, data, size), fd, size)
WRITE(pwrite, PwriteFunction, (int fd, const void* data, size_t size, off_t at), (fd, data, size, at), fd,
      size)
WRITE(pwrite64, PwriteFunction, (int fd, const void* data, size_t size, off_t at), (fd, data, size, at), fd,
      size)
WRITE(writev, WritevFunction, (int fd, const struct iovec* parts, int count), (fd, parts, count), fd,
      total_size(parts, count))
WRITE(pwritev, PwritevFunction, (int fd, const struct iovec* parts, int count, off_t at),
      (fd, parts, count, at), fd, total_size(parts, count))
WRITE(pwritev64, PwritevFunction, (int fd, const struct iovec* parts, int count, off_t at),
      (fd, parts, count, at), fd, total_size(parts, count))

#define SYNC(name)           \
  int name(int fd) {         \
    REAL(name, int (*)(int)) \
    fd_event("sync", fd);    \
    return real(fd);         \
  }

SYNC(fsync)
SYNC(fdatasync)

int rename(const char* from, const char* to) {
  REAL(rename, int (*)(const char*, const char*))
  event("rename", to);
  return change_fails(to) ? -1 : real(from, to);
}

int renameat(int from_dir, const char* from, int to_dir, const char* to) {
  REAL(renameat, int (*)(int, const char*, int, const char*))
  event("rename", to);
  return change_fails(to) ? -1 : real(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) {
  REAL(renameat2, int (*)(int, const char*, int, const char*, unsigned))
  event("rename", to);
  return change_fails(to) ? -1 : real(from_dir, from, to_dir, to, flags);
}

#define REMOVE(name)                 \
  int name(const char* path) {       \
    REAL(name, int (*)(const char*)) \
    event("remove", path);           \
    return real(path);               \
  }

REMOVE(unlink)
REMOVE(remove)
REMOVE(rmdir)

int unlinkat(int dir, const char* path, int flags) {
  REAL(unlinkat, int (*)(int, const char*, int))
  event("remove", path);
  return real(dir, path, flags);
}

int mkdir(const char* path, mode_t permissions) {
  REAL(mkdir, int (*)(const char*, mode_t))
  return change_fails(path) ? -1 : real(path, permissions);
}

#define OPEN_MODE(flags)                     \
  mode_t permissions = 0;                    \
  if ((flags) & (O_CREAT | O_TMPFILE)) {     \
    va_list arguments;                       \
    va_start(arguments, flags);              \
    permissions = va_arg(arguments, mode_t); \
    va_end(arguments);                       \
  }                                          \
  if (((flags) & (O_WRONLY | O_RDWR | O_CREAT)) && change_fails(path)) return -1;

#define OPEN(name)                             \
  int name(const char* path, int flags, ...) { \
    REAL(name, int (*)(const char*, int, ...)) \
    OPEN_MODE(flags)                           \
    return real(path, flags, permissions);     \
  }

#define OPENAT(name)                                    \
  int name(int dir, const char* path, int flags, ...) { \
    REAL(name, int (*)(int, const char*, int, ...))     \
    OPEN_MODE(flags)                                    \
    return real(dir, path, flags, permissions);         \
  }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int access(const char* path, int what) {
  REAL(access, int (*)(const char*, int))
  return (what & W_OK) && change_fails(path) ? -1 : real(path, what);
}

int statvfs(const char* path, struct statvfs* system) {
  REAL(statvfs, int (*)(const char*, struct statvfs*))
  int code = real(path, system);
  if (code == 0 && mode == kNoSpace && is_under(path)) {
    uint64_t used = __atomic_load_n(&state->byte_count, __ATOMIC_SEQ_CST);
    system->f_bfree = system->f_bavail = (used < limit ? limit - used : 0) / system->f_frsize;
  }
  return code;
}

static FILE* open_stream(FILE* (*real)(const char*, const char*), const char* path, const char* how) {
  if (strpbrk(how, "wa+") && change_fails(path)) return NULL;
  return real(path, how);
}

FILE* fopen(const char* path, const char* how) {
  REAL(fopen, FILE * (*)(const char*, const char*))
  return open_stream(real, path, how);
}

FILE* fopen64(const char* path, const char* how) {
  REAL(fopen64, FILE * (*)(const char*, const char*))
  return open_stream(real, path, how);
}

size_t fwrite(const void* data, size_t size, size_t count, FILE* stream) {
  REAL(fwrite, size_t(*)(const void*, size_t, size_t, FILE*))
  return write_fails(fileno(stream), size * count) ? 0 : real(data, size, count, stream);
}
