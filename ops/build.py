"""The Swift toolchain and what is built with it."""

import hashlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from ops import files
from ops.places import ROOT
from ops.say import Failure

OLDEST = (6, 3)
PRODUCTS = ("lastmile-node", "lastmile-replay")
RELEASE = ["-c", "release", "--static-swift-stdlib"]
STAMP = ROOT / ".build" / "lastmile-release.json"
MISSING = ("the Swift 6.3 toolchain is missing: install it as https://www.swift.org/install/linux shows "
           "(`curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && tar zxf swiftly-*.tar.gz "
           "&& ./swiftly init`), then start again")
#: How many of the compiler's complaints are worth a screen.
COMPLAINTS = 8


#: The toolchain's programs that a build runs, and Debian's packages for what they link: a minimal system lacks some.
PROGRAMS = ("swift-build", "swift-test", "swift-frontend", "swift-format", "clang", "lld")
LIBRARIES = {
    "libncurses.so.6": "libncurses6", "libtinfo.so.6": "libtinfo6", "libxml2.so.2": "libxml2",
    "libcurl.so.4": "libcurl4", "libedit.so.2": "libedit2", "libsqlite3.so.0": "libsqlite3-0",
    "libz.so.1": "zlib1g", "libstdc++.so.6": "libstdc++6", "libgcc_s.so.1": "libgcc-s1",
}


def candidates():
    """Every `swift` here: on PATH, then where toolchains usually lie."""
    places = [shutil.which("swift")]
    places += ["/opt/swift/usr/bin/swift", "/usr/libexec/swift/bin/swift", "/usr/libexec/swift/usr/bin/swift"]
    places += sorted(Path("/usr/libexec/swift").glob("*/usr/bin/swift"), reverse=True)
    swiftly = Path(os.environ.get("SWIFTLY_HOME_DIR", Path.home() / ".local/share/swiftly"))
    places += [swiftly / "bin/swift", *sorted(swiftly.glob("toolchains/*/usr/bin/swift"), reverse=True)]
    return [str(place) for place in places if place is not None and os.access(place, os.X_OK)]


def libraries():
    """Packages whose libraries the toolchain here cannot find. A Failure where there is no toolchain at all."""
    found = candidates()
    if not found:
        raise Failure(MISSING)
    folder = Path(os.path.realpath(found[0])).parent
    packages = set()
    for program in PROGRAMS:
        if (folder / program).exists():
            text = subprocess.run(["ldd", str(folder / program)], capture_output=True, text=True, check=False).stdout
            packages.update(LIBRARIES[name] for name in re.findall(r"(\S+) => not found", text) if name in LIBRARIES)
    return sorted(packages)


def toolchain():
    """(swift, version) of the first toolchain that is new enough."""
    older = None
    for place in candidates():
        result = subprocess.run([place, "--version"], capture_output=True, text=True, check=False,
                                stdin=subprocess.DEVNULL)
        match = re.search(r"Swift version (\d+)\.(\d+)(?:\.(\d+))?", result.stdout)
        if not match:
            said = (result.stderr.strip().splitlines() or ["it says nothing"])[-1]
            older = older or f"{place} does not run: {said}"
            continue
        number = match.group(0).replace("Swift version ", "")
        if (int(match.group(1)), int(match.group(2))) >= OLDEST:
            return place, number
        older = older or f"Swift 6.3 or newer is needed; {place} is {number}: see https://www.swift.org/install/linux"
    raise Failure(older or MISSING)


def sources():
    """One digest of all that the release products are made from."""
    total = hashlib.sha256(" ".join(RELEASE).encode())
    paths = [ROOT / "Package.swift", ROOT / "Package.resolved"]
    paths += sorted(path for path in (ROOT / "Sources").rglob("*") if path.is_file())
    for path in paths:
        if path.exists():
            data = path.read_bytes()
            total.update(f"{path.relative_to(ROOT)}\0{len(data)}\0".encode())
            total.update(data)
    return total.hexdigest()


def binary(product):
    return ROOT / ".build" / "release" / product


def current():
    """Whether the release products are there and made from the sources as they are."""
    stamp = files.read_json(STAMP, {})
    return all(binary(product).exists() for product in PRODUCTS) and stamp.get("sources") == sources()


def release(step, log):
    """Builds both products in release. True when there was something to build."""
    if current():
        step.done("up to date")
        return False
    swift, number = toolchain()
    digest = sources()
    try:
        STAMP.parent.mkdir(exist_ok=True)
    except OSError as problem:
        raise Failure(f"cannot write to {STAMP.parent}: {problem.strerror}") from None
    for product in PRODUCTS:
        run(step, swift, ["build", *RELEASE, "--product", product], log, product)
    files.write_json(STAMP, {"sources": digest, "swift": number})
    step.done(f"Swift {number}, release, in {step.elapsed()}")
    return True


def run(step, swift, arguments, log, what):
    """One `swift …` with its progress on the step, all it says in `log`, and its complaints in a Failure."""
    complaints = []
    with open(log, "a", encoding="utf-8") as record:
        record.write(f"\n== {time.strftime('%F %T')} swift {' '.join(arguments)}\n")
        record.flush()
        process = subprocess.Popen(
            [swift, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment(swift))
        try:
            for text in _pieces(process.stdout):
                record.write(text + "\n")
                progress = re.match(r"\[(\d+)/(\d+)\] (.*)", text)
                if progress:
                    step.update(f"{what}  {progress.group(1)}/{progress.group(2)}  {progress.group(3)}")
                elif "error:" in text and text not in complaints:
                    complaints.append(text)
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if status != 0:
        step.failed(f"{what} does not build")
        for text in complaints[:COMPLAINTS]:
            step.note(text.replace(f"{ROOT}/", ""))
        raise Failure(f"the build failed; all of it is in {log}")


def install(home):
    """Copies the node's binary into the cluster's folder, named for its content: a part that is started again is
    the same program, whatever is built meanwhile."""
    source = binary("lastmile-node")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    target = home.binaries / f"lastmile-node-{digest}"
    if not target.exists():
        partial = home.binaries / f".{target.name}"
        shutil.copyfile(source, partial)
        partial.chmod(0o755)
        partial.rename(target)
    return target


def sweep(home, keep):
    """Removes binaries of before, but those in `keep`."""
    for path in home.binaries.iterdir():
        if str(path) not in keep:
            path.unlink(missing_ok=True)


def environment(swift):
    values = dict(os.environ)
    values["PATH"] = f"{Path(swift).parent}:{values.get('PATH', '/usr/bin:/bin')}"
    return values


def _pieces(stream):
    """Lines as they come; the build redraws its progress with carriage returns."""
    rest = b""
    while True:
        chunk = stream.read1(65536)
        if not chunk:
            break
        *whole, rest = re.split(rb"[\r\n]", rest + chunk)
        for piece in whole:
            text = piece.decode("utf-8", "replace").strip()
            if text:
                yield text
    text = rest.decode("utf-8", "replace").strip()
    if text:
        yield text
