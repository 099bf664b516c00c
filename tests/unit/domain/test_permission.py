from modelyard.domain.permission import Permission


def test_each_permission_is_written_as_a_noun_and_a_verb() -> None:
    written = [permission.value for permission in Permission if permission is not Permission.OPERATE]

    assert all(len(text.split(":")) == 2 and text == text.lower() for text in written)
    assert len(set(written)) == len(written)
