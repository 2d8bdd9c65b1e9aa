# SPDX-License-Identifier: Apache-2.0
"""That the driver of the bench logs in, counts and weighs: with what needs no other packages. Run it in `view`."""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driver import Driver, Log
from promises import check, keep_all, promise
from subjects import NOOP, REFERENCE, TOTP, Records

BUILD = os.environ.get("TOTP_BUILD", "build")
SUBJECTS = [TOTP, REFERENCE, NOOP]
top = tempfile.mkdtemp(prefix="pam_totp.")
log, driver = Log(), Driver(BUILD, top)
Records(BUILD, driver.stacks, top, people=4)


@promise
def logs_in_each_round_with_a_code_that_is_judged():
    lines = driver.run("rounds", 3, "right", *SUBJECTS)
    check(sorted(line[0] for line in lines) == sorted(SUBJECTS * 3), lines)
    driver.run("rounds", 2, "wrong", TOTP)  # stops when one is let in


@promise
def stops_when_a_right_code_is_refused():
    driver.step -= 5  # to codes that are used
    try:
        driver.run("rounds", 1, "right", TOTP)
    except RuntimeError as why:
        check("Authentication failure" in str(why), why)
    else:
        check(False, "a refusal was measured")
    finally:
        driver.step += 5


@promise
def tells_a_replay_from_an_accept():
    results = [result for *_, result in driver.run("tries", "right", "again", TOTP)]
    check(results[0] == "0" and results[1] != "0", results)


@promise
def lets_in_one_process_of_many_with_one_code():
    ((_, accepted, *times),) = driver.run("rush", 1, 8, TOTP)
    check(accepted == "1" and len(times) == 8, accepted)


@promise
def lets_in_all_people_at_once():
    ((_, accepted, *_),) = driver.run("crowd", 1, 4, TOTP)
    check(accepted == "4", accepted)


@promise
def logs_in_again_after_a_kill():
    ((_, _, result),) = driver.run("killed", TOTP)
    check(result == "0", result)


@promise
def logs_in_beside_stopped_logins():
    lines = driver.run("beside", 10, 4, TOTP)
    check([line[0] for line in lines] == ["alone", "beside"] * 10, lines)


@promise
def weighs_a_process_of_its_own():
    check(len(driver.run("cold", 1, *SUBJECTS)) == 3, "not a line each")
    peak, private = map(int, driver.once(TOTP, command="weigh").split())
    check(peak > private > 0, (peak, private))


@promise
def measures_the_stack_between_the_marks():
    small, large = (max(int(size) for *_, size in driver.run("stack", "right", s)) for s in (NOOP, TOTP))
    check(0 < small < large < 65536, (small, large))


keep_all(lambda: shutil.rmtree(top))
