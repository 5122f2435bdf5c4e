"""What the commands of a console do, by what they are about. Each is handed the frame and who asks."""
