"""Small and read-only file systems for spec tests: a tmpfs where mount(8) is allowed, and elsewhere what
tests/support/fault.c makes of writes below the same folder."""

import subprocess

UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Mounts:
    def __init__(self):
        self.mounted = []   # folders, in order
        self.pretended = {}  # folder -> its size in bytes, or 0 when it is read-only

    def mount(self, folder, size):
        """A file system of this size at an empty folder; again for another size, to be written to."""
        if folder in self.mounted:
            return system("mount", "-o", f"remount,rw,size={size}", folder)
        if folder not in self.pretended:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise OSError(f"{folder} is not empty: mount before anything is put there")
            try:
                system("mount", "-t", "tmpfs", "-o", f"size={size}", "tidemill-spec", folder)
                self.mounted.append(folder)
                return None
            except OSError:
                pass  # nobody may mount here
        self.pretended[folder] = int(size[:-1]) * UNITS[size[-1]]
        return None

    def read_only(self, folder):
        if folder in self.mounted:
            system("mount", "-o", "remount,ro", folder)
        elif folder in self.pretended:
            self.pretended[folder] = 0
        else:
            raise OSError(f"{folder} is no mount: mount it first")

    def fault(self):
        """(what, count, folder) that the next process must meet for what could not be mounted, or None."""
        for folder, size in self.pretended.items():
            if not size:
                return "erofs", 1, folder
            used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            return "enospc", max(size - used, 0), folder
        return None

    def close(self):
        """Unmounts all; what is still in use goes when it is let go."""
        while self.mounted:
            folder = self.mounted.pop()
            try:
                system("umount", folder)
            except OSError:
                system("umount", "--lazy", folder)


def system(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.strip() or f"{command[0]} failed")
