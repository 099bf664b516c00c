"""What a password has to be."""

from modelyard.domain.errors import FieldError, InvalidInput

MIN_PASSWORD = 12
MAX_PASSWORD = 1_000


def check_password(text: str, account: str) -> str:
    """Take a new password: 12 to 1,000 characters, of which there are five different ones, and not the account's name.

    No kinds of characters are asked for: that makes passwords harder to remember, and no harder to guess (NIST SP
    800-63B, section 5.1.1.2).

    Raises:
        InvalidInput: it is none of these; the message does not repeat it.
    """
    message = ""
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        message = f"must have {MIN_PASSWORD} to {MAX_PASSWORD:,} characters"
    elif len(set(text)) < 5:
        message = "must have at least five different characters"
    elif account.casefold() in text.casefold() and len(account) * 2 > len(text):
        message = "must not be made of the account's name"
    if message:
        raise InvalidInput(f"the password {message}", errors=[FieldError(pointer="/password", message=message)])
    return text
